import Core
import Foundation
import GRDB

/// The newest articles at one moment of the feed.
struct FeedSnapshot: Sendable {
    /// The newest event that the snapshot takes account of.
    let cursor: Core.Cursor
    /// Oldest first, each as its creation.
    let events: [FeedEvent]
}

/// Which articles to list.
struct ArticleQuery: Sendable, Hashable {
    var filter = TopicFilter.all
    /// A text that title or body must contain.
    var text: String?
    /// Only articles with a smaller id.
    var before: Int64?
    /// Only articles with a larger id; the oldest of them first.
    var after: Int64?
    var limit: Int
}

extension SQLiteStore {
    /// Terms, oldest and newest event, as they are now.
    func history() throws -> FeedHistory {
        try database.read(Self.history)
    }

    static func history(_ database: Database) throws -> FeedHistory {
        let terms = try Row.fetchAll(database, sql: "SELECT first_seq, nonce FROM terms ORDER BY first_seq")
            .map { row in Term(firstSeq: row[0], nonce: row[1]) }
        let newest = try Int64.fetchOne(database, sql: "SELECT seq FROM sqlite_sequence WHERE name = 'events'") ?? 0
        return FeedHistory(terms: terms, oldestSeq: try oldestSeq(database), newestSeq: newest)
    }

    /// The newest articles that the filter lets pass, together with the feed's place at that moment.
    func snapshot(last: Int, filter: TopicFilter) async throws -> FeedSnapshot {
        try await database.read { database in
            let newest = try Row.fetchOne(database, sql: "SELECT seq, nonce FROM events ORDER BY seq DESC LIMIT 1")
                .map { row in Core.Cursor(seq: row[0], nonce: row[1]) }
            let topics = filter.topics
            let condition = topics.isEmpty ? "" : "WHERE topic IN (\(topics.map { _ in "?" }.joined(separator: ",")))"
            let rows = try Row.fetchAll(
                database, sql: "SELECT \(Self.articleColumns) FROM articles \(condition) ORDER BY id DESC LIMIT ?",
                arguments: StatementArguments(topics) + [last])
            let events = rows.reversed().map { row in
                FeedEvent(
                    created: Self.article(row),
                    cursor: Core.Cursor(seq: row["created_seq"], nonce: row["created_nonce"]))
            }
            return FeedSnapshot(cursor: try newest ?? Self.cursorWithoutEvents(database), events: events)
        }
    }

    /// The events after a place, in order, until there are enough of them.
    ///
    /// - Parameters:
    ///   - maxEvents: how many at most.
    ///   - maxBytes: no further event is taken once these many bytes of JSON were read.
    func events(after seq: Int64, maxEvents: Int, maxBytes: Int) async throws -> [CommittedEvent] {
        try await database.read { database in
            let rows = try Row.fetchCursor(
                database,
                sql:
                    "SELECT seq, nonce, kind, topic, previous_topic, json FROM events WHERE seq > ? ORDER BY seq LIMIT ?",
                arguments: [seq, maxEvents])
            var events: [CommittedEvent] = []
            var bytes = 0
            while bytes < maxBytes, let row = try rows.next() {
                let event = try Self.event(row)
                bytes += event.json.count
                events.append(event)
            }
            return events
        }
    }

    /// The newest events, in order, for the ring to begin with.
    func storedFeed(maxEvents: Int, maxBytes: Int) throws -> StoredFeed? {
        try database.read { database in
            StoredFeed(
                history: try Self.history(database),
                newestEvents: try Self.newestEvents(database, maxEvents: maxEvents, maxBytes: maxBytes))
        }
    }

    static func newestEvents(_ database: Database, maxEvents: Int, maxBytes: Int) throws -> [CommittedEvent] {
        let rows = try Row.fetchCursor(
            database,
            sql: "SELECT seq, nonce, kind, topic, previous_topic, json FROM events ORDER BY seq DESC LIMIT ?",
            arguments: [maxEvents])
        var events: [CommittedEvent] = []
        var bytes = 0
        while bytes < maxBytes, let row = try rows.next() {
            let event = try event(row)
            bytes += event.json.count
            events.append(event)
        }
        return events.reversed()
    }

    /// Articles, newest first, or after one of them oldest first.
    func articles(_ query: ArticleQuery) async throws -> [Article] {
        let (filter, arguments) = Self.condition(query)
        let order = query.after == nil ? "DESC" : "ASC"
        let sql = "SELECT \(Self.articleColumns) FROM articles \(filter) ORDER BY id \(order) LIMIT ?"
        let allArguments = arguments + [query.limit]
        return try await database.read { database in
            try Row.fetchAll(database, sql: sql, arguments: allArguments).map(Self.article)
        }
    }

    /// Articles, newest first, and how many there are in all.
    func listing(_ query: ArticleQuery, skipping: Int) async throws -> (articles: [Article], total: Int) {
        let (filter, arguments) = Self.condition(query)
        let sql = "SELECT \(Self.articleColumns) FROM articles \(filter) ORDER BY id DESC LIMIT ? OFFSET ?"
        let allArguments = arguments + [query.limit, skipping]
        return try await database.read { database in
            (
                try Row.fetchAll(database, sql: sql, arguments: allArguments).map(Self.article),
                try Int.fetchOne(database, sql: "SELECT count(*) FROM articles \(filter)", arguments: arguments) ?? 0
            )
        }
    }

    /// The topics with most articles.
    func topics(limit: Int) async throws -> [(topic: String, count: Int)] {
        try await database.read { database in
            try Row.fetchAll(
                database,
                sql: "SELECT topic, count(*) AS count FROM articles GROUP BY topic ORDER BY count DESC, topic LIMIT ?",
                arguments: [limit]
            ).map { row in (row[0], row[1]) }
        }
    }

    private static func condition(_ query: ArticleQuery) -> (sql: String, arguments: StatementArguments) {
        var conditions: [String] = []
        var arguments = StatementArguments()
        let topics = query.filter.topics
        if !topics.isEmpty {
            conditions.append("topic IN (\(topics.map { _ in "?" }.joined(separator: ",")))")
            arguments += StatementArguments(topics)
        }
        if let before = query.before {
            conditions.append("id < ?")
            arguments += [before]
        }
        if let after = query.after {
            conditions.append("id > ?")
            arguments += [after]
        }
        if let text = query.text {
            conditions.append("(title LIKE ? ESCAPE '\\' OR body LIKE ? ESCAPE '\\')")
            let pattern = "%" + text.flatMap { "%_\\".contains($0) ? "\\\($0)" : "\($0)" } + "%"
            arguments += [pattern, pattern]
        }
        return (conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND "), arguments)
    }

    /// One article with its version; `nil` if there is none of that id.
    func article(id: Int64) async throws -> VersionedArticle? {
        try await database.read { database in try Self.article(id: id, database) }
    }

    static let articleColumns =
        "id, title, CAST(body AS BLOB) AS body, topic, author, published, updated, created_seq, created_nonce, version_seq, version_nonce"

    static func article(id: Int64, _ database: Database) throws -> VersionedArticle? {
        let statement = try database.cachedStatement(sql: "SELECT \(articleColumns) FROM articles WHERE id = ?")
        return try Row.fetchOne(statement, arguments: [id]).map { row in
            VersionedArticle(
                article: article(row), version: Core.Cursor(seq: row["version_seq"], nonce: row["version_nonce"]))
        }
    }

    private static func article(_ row: Row) -> Article {
        // As bytes, for a text may hold NUL, at which SQLite's C strings end.
        let body: Data = row["body"]
        return Article(
            id: row["id"], title: row["title"], body: String(decoding: body, as: UTF8.self), topic: row["topic"],
            author: row["author"],
            published: Timestamp(milliseconds: row["published"]),
            updated: (row["updated"] as Int64?).map(Timestamp.init(milliseconds:)))
    }

    private static func event(_ row: Row) throws -> CommittedEvent {
        let name: String = row["kind"]
        guard let kind = FeedEventKind(rawValue: name) else {
            throw StoreError(code: .corrupt, message: "The events table has an event of unknown kind \"\(name)\".")
        }
        let json: Data = row["json"]
        return CommittedEvent(
            cursor: Core.Cursor(seq: row["seq"], nonce: row["nonce"]), kind: kind, topic: row["topic"],
            previousTopic: row["previous_topic"], json: Array(json))
    }

    static func oldestSeq(_ database: Database) throws -> Int64 {
        if let oldest = try Int64.fetchOne(database, sql: "SELECT min(seq) FROM events") { return oldest }
        return try (Int64.fetchOne(database, sql: "SELECT seq FROM sqlite_sequence WHERE name = 'events'") ?? 0) + 1
    }

    /// The newest place when every event has been trimmed, or when there never was one.
    private static func cursorWithoutEvents(_ database: Database) throws -> Core.Cursor {
        let seq = try Int64.fetchOne(database, sql: "SELECT seq FROM sqlite_sequence WHERE name = 'events'") ?? 0
        let nonce = try UInt32.fetchOne(database, sql: "SELECT nonce FROM terms ORDER BY first_seq DESC LIMIT 1")
        return Core.Cursor(seq: seq, nonce: nonce ?? 0)
    }
}

extension SQLiteStore {
    func size() async throws -> StoreSize {
        let (articles, events, audit) = try await database.read { database in
            let newest = try Int64.fetchOne(database, sql: "SELECT max(seq) FROM events") ?? 0
            return (
                try Int.fetchOne(database, sql: "SELECT count(*) FROM articles") ?? 0,
                newest == 0 ? 0 : newest - (try Self.oldestSeq(database)) + 1,
                // Numbered without gaps, and dropped from the oldest on.
                try Int.fetchOne(database, sql: "SELECT max(id) - min(id) + 1 FROM audit") ?? 0
            )
        }
        let path = (database as? DatabasePool)?.path
        let bytes = [path, path.map { $0 + "-wal" }].compactMap { $0 }.reduce(0) { sum, file in
            // Absent is empty.
            sum + (((try? FileManager.default.attributesOfItem(atPath: file))?[.size] as? Int) ?? 0)
        }
        return StoreSize(
            kind: path == nil ? .memory : .sqlite, place: path, bytes: bytes, articles: articles, events: events,
            auditEntries: audit)
    }

    /// Throws if the store can't be read.
    func probe() async throws {
        _ = try await database.read { database in try Int.fetchOne(database, sql: "SELECT 1 FROM sqlite_master") }
    }
}
