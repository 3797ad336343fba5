import Core
import Foundation
import GRDB

extension StateFile {
    /// What a new session begins with.
    func keptState(topics: TopicFilter) -> KeptState {
        var kept = KeptState()
        attempt { database in
            let place = try Place(database, filter: topics.topics.joined(separator: ","))
            kept.cursor = place.cursor
            kept.completeFrom = place.completeFrom
            kept.saved = place.saved
            let ids = try Int64.fetchCursor(database, sql: "SELECT id FROM read ORDER BY id")
            var ranges: [Range<Int64>] = []
            while let id = try ids.next() {
                if let last = ranges.last, last.upperBound == id {
                    ranges[ranges.count - 1] = last.lowerBound..<id + 1
                } else {
                    ranges.append(id..<id + 1)
                }
            }
            kept.read = RangeSet(ranges)
            kept.outbox = try entries(database)
            guard place.cursor != nil else { return }
            kept.articles = try articles(
                database, topics: topics.topics, before: .max, after: (place.completeFrom ?? 0) - 1)
        }
        return kept
    }

    /// A page of articles as far as it is known to be whole.
    ///
    /// - Returns: the newest of them, newest first; `nil` if the server has to be asked.
    func page(_ request: ArticlePages.Request, topics: TopicFilter, isOffline: Bool) -> ArticlePages.Answer? {
        // What has come since must not look like a hole, nor the other way round.
        write()
        var answer: ArticlePages.Answer?
        attempt { database in
            let place = try Place(database, filter: topics.topics.joined(separator: ","))
            let from = place.completeFrom ?? .max
            let chosen = request.topic.map { [$0] } ?? topics.topics
            if let before = request.before ?? (isOffline ? .max : nil), before > from {
                let found = try articles(database, topics: chosen, before: before, after: from - 1)
                let isWhole = found.count == ArticlePages.size
                // From here on the server knows more, unless there is nothing older.
                if !found.isEmpty {
                    answer = .init(articles: found, isEnd: from <= 0 && !isWhole, isPartial: false)
                    return
                }
            }
            guard isOffline else { return }
            let found = try articles(
                database, topics: chosen, before: request.before ?? .max, after: request.after ?? 0)
            answer = .init(
                articles: found, isPartial: true, failure: found.isEmpty ? "the cache has nothing more" : nil)
        }
        return answer
    }

    func article(_ id: Int64) -> Article? {
        write()
        var found: Article?
        attempt { database in
            found = try GRDB.Row.fetchOne(database, sql: "SELECT * FROM articles WHERE id = ?", arguments: [id])
                .map(Self.article)
        }
        return found
    }

    /// The newest articles with a text in title or body.
    func search(_ text: String, topics: [String]) -> [Article] {
        write()
        var found: [Article] = []
        attempt { database in
            let pattern = "%" + text.flatMap { "%_\\".contains($0) ? "\\\($0)" : "\($0)" } + "%"
            found = try GRDB.Row.fetchAll(
                database,
                sql: """
                    SELECT * FROM articles
                    WHERE (title LIKE ? ESCAPE '\\' OR CAST(body AS TEXT) LIKE ? ESCAPE '\\') \(Self.condition(topics))
                    ORDER BY id DESC LIMIT \(ArticlePages.size)
                    """, arguments: [pattern, pattern] + StatementArguments(topics)
            ).map(Self.article)
        }
        return found
    }

    /// The newest article that was published before a moment.
    func newest(before moment: Timestamp, topics: [String]) -> Int64? {
        var found: Int64?
        attempt { database in
            found = try Int64.fetchOne(
                database, sql: "SELECT max(id) FROM articles WHERE published < ? \(Self.condition(topics))",
                arguments: [moment.milliseconds] + StatementArguments(topics))
        }
        return found
    }

    private func articles(_ database: Database, topics: [String], before: Int64, after: Int64) throws -> [Article] {
        try GRDB.Row.fetchAll(
            database,
            sql: """
                SELECT * FROM articles WHERE id < ? AND id > ? \(Self.condition(topics))
                ORDER BY id DESC LIMIT \(ArticlePages.size)
                """, arguments: [before, after] + StatementArguments(topics)
        ).map(Self.article)
    }

    private static func condition(_ topics: [String]) -> String {
        topics.isEmpty ? "" : "AND topic IN (\(topics.map { _ in "?" }.joined(separator: ", ")))"
    }

    private static func article(_ row: GRDB.Row) -> Article {
        Article(
            id: row[0], title: row[1], body: String(decoding: row[2] as Data, as: UTF8.self), topic: row[3],
            author: row[4], published: Timestamp(milliseconds: row[5]),
            updated: (row[6] as Int64?).map { Timestamp(milliseconds: $0) })
    }

    // MARK: - Changes by the user

    /// Keeps a page that joins what is complete, so that it need not be asked for again.
    func keep(_ answer: ArticlePages.Answer, for request: ArticlePages.Request, topics: TopicFilter) {
        guard let before = request.before, request.topic == nil else { return }
        write()
        attempt { database in
            var place = try Place(database, filter: topics.topics.joined(separator: ","))
            guard let from = place.completeFrom, before <= from || answer.articles.first.map({ $0.id >= from }) == true
            else { return }
            guard before >= from else { return }
            for article in answer.articles { try store(article, in: database) }
            place.completeFrom = answer.isEnd ? 0 : answer.articles.last?.id ?? from
            try place.write(to: database, filter: topics.topics.joined(separator: ","))
            try trim(database)
        }
    }

    func keepRead(_ ids: [Int64], isRead: Bool) {
        attempt { database in
            let statement = try database.cachedStatement(
                sql: isRead ? "INSERT OR IGNORE INTO read VALUES (?)" : "DELETE FROM read WHERE id = ?")
            for id in ids { try statement.execute(arguments: [id]) }
        }
    }

    // MARK: - The outbox

    func entries() -> [OutboxEntry] {
        var found: [OutboxEntry] = []
        attempt { found = try entries($0) }
        return found
    }

    private func entries(_ database: Database) throws -> [OutboxEntry] {
        try GRDB.Row.fetchAll(database, sql: "SELECT key, entry FROM outbox ORDER BY position, key").compactMap { row in
            OutboxEntry(key: row[0], json: Array(row[1] as Data))
        }
    }

    /// Adds an entry, or replaces the one with its key.
    func put(_ entry: OutboxEntry) {
        attempt { database in
            try database.execute(
                sql: """
                    INSERT INTO outbox VALUES (?, ?, (SELECT coalesce(max(position), 0) + 1 FROM outbox))
                    ON CONFLICT (key) DO UPDATE SET entry = excluded.entry
                    """, arguments: [entry.key, Data(entry.json)])
        }
    }

    func remove(entry key: String) {
        attempt { try $0.execute(sql: "DELETE FROM outbox WHERE key = ?", arguments: [key]) }
    }
}
