import Core
import Foundation
import GRDB

/// What one commit did.
struct CommitResult: Sendable {
    /// One for each command, in order.
    let outcomes: [WriteOutcome]
    /// In the order in which they were written.
    let events: [CommittedEvent]
    /// The oldest event that is kept now.
    let oldestSeq: Int64
}

extension SQLiteStore {
    /// Carries out commands in one transaction and one fsync, in order.
    ///
    /// A command that is refused changes nothing and does not touch the others. If the transaction fails, none of them
    /// happened.
    ///
    /// - Parameter term: the nonce to begin a term with, if this process has not written yet.
    func commit(_ commands: [WriteCommand], at now: Timestamp, term: UInt32) throws -> CommitResult {
        try database.writeWithoutTransaction { database in
            var outcomes: [WriteOutcome] = []
            var events: [CommittedEvent] = []
            var oldestSeq: Int64 = 1
            try database.inTransaction(.immediate) {
                var batch = try WriteBatch(database, now: now, nonce: term)
                for command in commands { outcomes.append(try batch.perform(command, limits: limits)) }
                events = batch.events
                try trim(database, now: now)
                oldestSeq = try Self.oldestSeq(database)
                return .commit
            }
            return CommitResult(outcomes: outcomes, events: events, oldestSeq: oldestSeq)
        }
    }

    /// Drops a bounded number of events that are too many or too old, and keys that expired.
    private func trim(_ database: Database, now: Timestamp) throws {
        // A few more than a batch adds, so that trimming keeps up without ever taking long.
        let most = 2000
        try database.cachedStatement(
            sql: """
                DELETE FROM events WHERE seq IN (
                    SELECT seq FROM events
                    WHERE seq <= (SELECT max(seq) FROM events) - ?1 OR committed < ?2
                    ORDER BY seq LIMIT ?3)
                """
        ).execute(arguments: [limits.maxEvents, now.milliseconds - limits.maxEventAge, most])
        try database.cachedStatement(
            sql: """
                DELETE FROM idempotency_keys WHERE name IN (
                    SELECT name FROM idempotency_keys WHERE expires < ? ORDER BY expires LIMIT ?)
                """
        ).execute(arguments: [now.milliseconds, most])
    }
}

/// The commands of one transaction: assigns ids and places, writes articles and events.
private struct WriteBatch {
    private let database: Database
    private let now: Timestamp
    private let nonce: UInt32
    private var seq: Int64
    private var isTermKnown: Bool
    private(set) var events: [CommittedEvent] = []

    init(_ database: Database, now: Timestamp, nonce: UInt32) throws {
        self.database = database
        self.now = now
        self.nonce = nonce
        seq =
            try Int64.fetchOne(
                database.cachedStatement(sql: "SELECT seq FROM sqlite_sequence WHERE name = 'events'")) ?? 0
        isTermKnown =
            try UInt32.fetchOne(
                database.cachedStatement(sql: "SELECT nonce FROM terms ORDER BY first_seq DESC LIMIT 1")) == nonce
    }

    mutating func perform(_ command: WriteCommand, limits: SQLiteStore.Limits) throws -> WriteOutcome {
        switch command {
        case .create(let draft, let author, let key):
            try create(draft, author: author, key: key, keyLifetime: limits.idempotencyKeyLifetime)
        case .update(let id, let patch, let condition):
            try update(id, patch, condition)
        case .delete(let id, let condition):
            try delete(id, condition)
        }
    }

    private mutating func create(
        _ draft: ArticleDraft, author: String, key: IdempotencyKey?, keyLifetime: Int64
    ) throws -> WriteOutcome {
        if let key, let earlier = try answer(to: key) { return earlier }
        let cursor = try nextCursor()
        try database.cachedStatement(
            sql: """
                INSERT INTO articles
                    (title, body, topic, author, published, created_seq, created_nonce, version_seq, version_nonce)
                VALUES (?, CAST(? AS TEXT), ?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(arguments: [
            draft.title, Data(draft.body.utf8), draft.topic, draft.author ?? author, now.milliseconds, cursor.seq,
            cursor.nonce,
            cursor.seq, cursor.nonce,
        ])
        let article = Article(
            id: database.lastInsertedRowID, title: draft.title, body: draft.body, topic: draft.topic,
            author: draft.author ?? author, published: now)
        try append(FeedEvent(created: article, cursor: cursor), topic: article.topic)
        if let key {
            try database.cachedStatement(
                sql: "INSERT OR REPLACE INTO idempotency_keys (name, fingerprint, answer, expires) VALUES (?, ?, ?, ?)"
            ).execute(arguments: [
                key.name, Data(key.fingerprint), Data(article.json(cursor: cursor)), now.milliseconds + keyLifetime,
            ])
        }
        return .created(VersionedArticle(article: article, version: cursor))
    }

    /// What was answered to the same request before; `nil` if the key is new or has expired.
    private func answer(to key: IdempotencyKey) throws -> WriteOutcome? {
        let statement = try database.cachedStatement(
            sql: "SELECT fingerprint, answer FROM idempotency_keys WHERE name = ? AND expires >= ?")
        guard let row = try Row.fetchOne(statement, arguments: [key.name, now.milliseconds]) else { return nil }
        let fingerprint: Data = row[0]
        guard Array(fingerprint) == key.fingerprint else {
            return .refused(
                ServiceError(
                    .unprocessable,
                    "This Idempotency-Key was used with another request. Use a new key for a new article."))
        }
        let answer: Data = row[1]
        return .repeated(Array(answer))
    }

    private mutating func update(
        _ id: Int64, _ patch: ArticlePatch, _ condition: EntityTagCondition?
    ) throws -> WriteOutcome {
        let current: VersionedArticle
        switch try find(id, condition) {
        case .success(let found): current = found
        case .failure(let error): return .refused(error)
        }
        let cursor = try nextCursor()
        var article = current.article
        if let title = patch.title { article.title = title }
        if let body = patch.body { article.body = body }
        if let topic = patch.topic { article.topic = topic }
        if let author = patch.author { article.author = author }
        article.updated = now
        try database.cachedStatement(
            sql: """
                UPDATE articles SET title = ?, body = CAST(? AS TEXT), topic = ?, author = ?, updated = ?, version_seq = ?,
                    version_nonce = ? WHERE id = ?
                """
        ).execute(arguments: [
            article.title, Data(article.body.utf8), article.topic, article.author, now.milliseconds, cursor.seq,
            cursor.nonce, id,
        ])
        let previousTopic = current.article.topic == article.topic ? nil : current.article.topic
        try append(FeedEvent(updated: article, cursor: cursor), topic: article.topic, previousTopic: previousTopic)
        return .updated(VersionedArticle(article: article, version: cursor))
    }

    private mutating func delete(_ id: Int64, _ condition: EntityTagCondition?) throws -> WriteOutcome {
        let current: VersionedArticle
        switch try find(id, condition) {
        case .success(let found): current = found
        case .failure(let error): return .refused(error)
        }
        let cursor = try nextCursor()
        try database.cachedStatement(sql: "DELETE FROM articles WHERE id = ?").execute(arguments: [id])
        try append(FeedEvent(deleted: id, cursor: cursor), topic: current.article.topic)
        return .deleted
    }

    private func find(
        _ id: Int64, _ condition: EntityTagCondition?
    ) throws -> Result<VersionedArticle, ServiceError> {
        guard let found = try SQLiteStore.article(id: id, database) else {
            return .failure(ServiceError(.notFound, "There is no article \(id)."))
        }
        if let condition, !condition.matches(found.entityTag) {
            return .failure(
                ServiceError(
                    .preconditionFailed,
                    "Article \(id) has changed since (it is \(found.entityTag) now). Read it again, then repeat."))
        }
        return .success(found)
    }

    private mutating func nextCursor() throws -> Core.Cursor {
        seq += 1
        if !isTermKnown {
            try database.execute(sql: "INSERT INTO terms (first_seq, nonce) VALUES (?, ?)", arguments: [seq, nonce])
            isTermKnown = true
        }
        return Core.Cursor(seq: seq, nonce: nonce)
    }

    private mutating func append(_ event: FeedEvent, topic: String, previousTopic: String? = nil) throws {
        let committed = CommittedEvent(
            cursor: event.cursor, kind: event.kind, topic: topic, previousTopic: previousTopic, json: event.json)
        try database.cachedStatement(
            sql: """
                INSERT INTO events (seq, nonce, kind, topic, previous_topic, committed, json)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(arguments: [
            event.cursor.seq, event.cursor.nonce, event.kind.rawValue, topic, previousTopic, now.milliseconds,
            Data(committed.json),
        ])
        events.append(committed)
    }
}
