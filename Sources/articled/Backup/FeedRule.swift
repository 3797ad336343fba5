/// What must hold in a database for the feed to be what it promises: each statement yields what breaks a rule, in words.
struct FeedRule {
    let name: String
    let sql: String

    /// What the statements may use: the newest and oldest event, and each event with what its text says.
    static let given = """
        place (oldest, newest) AS (
            SELECT (SELECT min(seq) FROM events),
                coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'events'), 0)),
        told (seq, kind, cursor, pk, has_fields) AS (
            SELECT seq, kind, json_extract(text, '$.cursor'), json_extract(text, '$.pk'),
                json_type(text, '$.fields') = 'object'
            FROM (SELECT seq, kind, CAST(json AS TEXT) AS text FROM events) WHERE json_valid(text))
        """

    /// The nonce of the term that an event lies in.
    private static func nonce(of seq: String) -> String {
        "(SELECT nonce FROM terms WHERE first_seq <= \(seq) ORDER BY first_seq DESC LIMIT 1)"
    }

    static let all = [
        FeedRule(
            name: "events",
            sql: """
                SELECT 'event ' || (seq + 1) || ' is missing' FROM events
                    WHERE seq < (SELECT newest FROM place)
                        AND NOT EXISTS (SELECT 1 FROM events AS next WHERE next.seq = events.seq + 1)
                UNION ALL SELECT 'event ' || seq || ' is beyond the newest, ' || newest FROM events, place
                    WHERE seq > newest
                UNION ALL SELECT 'event ' || seq || ' has no JSON' FROM events WHERE NOT json_valid(CAST(json AS TEXT))
                """),
        FeedRule(
            name: "terms",
            sql: """
                SELECT 'the term from event ' || first_seq || ' begins after the newest, ' || newest FROM terms, place
                    WHERE first_seq > newest
                UNION ALL SELECT 'the terms have ' || count(*) || ' times the same mark' FROM terms
                    GROUP BY nonce HAVING count(*) > 1
                """),
        FeedRule(
            name: "cursors",
            sql: """
                SELECT 'event ' || seq || ' has not the mark of its term' FROM events
                    WHERE nonce IS NOT \(nonce(of: "events.seq"))
                UNION ALL SELECT 'event ' || told.seq || ' says to be ' || coalesce(cursor, 'none') FROM told
                    JOIN events ON events.seq = told.seq WHERE cursor IS NOT printf('%d-%08x', events.seq, events.nonce)
                UNION ALL SELECT 'article ' || id || ' has a cursor of no term' FROM articles
                    WHERE created_nonce IS NOT \(nonce(of: "articles.created_seq"))
                        OR version_nonce IS NOT \(nonce(of: "articles.version_seq"))
                """),
        FeedRule(
            name: "articles",
            sql: """
                SELECT 'article ' || id || ' is beyond the newest number' FROM articles
                    WHERE id > coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'articles'), 0)
                UNION ALL SELECT 'article ' || id || ' changed before it was, or after the newest event'
                    FROM articles, place WHERE created_seq > version_seq OR version_seq > newest
                UNION ALL SELECT 'article ' || id || ' was never told of' FROM articles, place
                    WHERE (created_seq >= oldest AND NOT EXISTS
                        (SELECT 1 FROM events WHERE seq = created_seq AND kind = 'created'))
                    OR (version_seq >= oldest AND NOT EXISTS
                        (SELECT 1 FROM events WHERE seq = version_seq AND kind IN ('created', 'updated')))
                UNION ALL SELECT 'article ' || pk || ', of event ' || seq || ', is not there' FROM told
                    WHERE kind = 'created' AND pk NOT IN (SELECT id FROM articles)
                        AND pk NOT IN (SELECT pk FROM told WHERE kind = 'deleted')
                UNION ALL SELECT 'article ' || pk || ', deleted by event ' || seq || ', is there' FROM told
                    WHERE kind = 'deleted' AND pk IN (SELECT id FROM articles)
                """),
        FeedRule(
            name: "contents",
            sql: """
                SELECT 'event ' || seq || ' has not what its kind has' FROM told
                    WHERE pk IS NULL OR typeof(pk) <> 'integer' OR has_fields <> (kind <> 'deleted')
                UNION ALL SELECT 'event ' || seq || ' is of an unknown kind' FROM events
                    WHERE kind NOT IN ('created', 'updated', 'deleted')
                UNION ALL SELECT 'article ' || id || ' has a title or topic that is too short or too long' FROM articles
                    WHERE length(CAST(title AS BLOB)) NOT BETWEEN 1 AND 4096 OR length(CAST(topic AS BLOB)) NOT BETWEEN 1 AND 64
                """),
    ]
}
