import Core
import Foundation
import GRDB
import Synchronization

/// What one commit did.
struct CommitResult: Sendable {
    /// One for each command, in order.
    let outcomes: [WriteOutcome]
    /// What the feed is to take up now, in the order in which it was written; none if it hears of events otherwise.
    let events: [CommittedEvent]
    /// The oldest event that is kept now.
    let oldestSeq: Int64
    /// Why nobody was told that something is stored, if the store is to blame.
    var failure: (any Error)?
}

extension SQLiteStore {
    /// Carries out commands in one transaction and one fsync, in order.
    ///
    /// A command that is refused changes nothing and does not touch the others. If the transaction fails, none of them
    /// happened.
    ///
    /// - Parameter term: the nonce to begin a term with, if this process has not written yet.
    func commit(_ commands: [WriteCommand], at now: Timestamp, term: UInt32) throws -> CommitResult {
        try writer.withLock { writer in
            // Whatever goes wrong, the file is asked again next time.
            let before = writer.state
            writer.state = nil
            let statements = writer.statements
            let (result, after, prepared) = try database.writeWithoutTransaction { database in
                let statements = try statements ?? WriterStatements(database)
                var outcomes: [WriteOutcome] = []
                outcomes.reserveCapacity(commands.count)
                let batch = try statements.inTransaction(database) {
                    var batch = try WriteBatch(
                        database, now: now, nonce: term, state: before ?? WriterState(reading: database),
                        statements: statements)
                    for command in commands { outcomes.append(try batch.perform(command, limits: limits)) }
                    try batch.trim(limits)
                    return batch
                }
                return (
                    CommitResult(outcomes: outcomes, events: batch.events, oldestSeq: batch.state.oldestSeq),
                    batch.state, statements
                )
            }
            writer.state = after
            writer.statements = prepared
            return result
        }
    }
}

extension SQLiteStore {
    /// Throws if a transaction can't be made durable: writes a page that stays what it was, and looks for room for more.
    func probeWriting() async throws {
        try await database.writeWithoutTransaction { database in
            try database.inTransaction(.immediate) {
                try database.execute(sql: "PRAGMA user_version = 0")
                return .commit
            }
            try WriteAheadLog.checkRoom(database)
        }
    }
}

/// The commands of one transaction: assigns ids and places, writes articles and events.
private struct WriteBatch {
    private let database: Database
    private let now: Timestamp
    private let nonce: UInt32
    private(set) var state: WriterState
    private(set) var events: [CommittedEvent] = []

    private let statements: WriterStatements

    init(
        _ database: Database, now: Timestamp, nonce: UInt32, state: WriterState, statements: WriterStatements
    ) throws {
        self.database = database
        self.now = now
        self.nonce = nonce
        self.state = state
        self.statements = statements
    }

    mutating func trim(_ limits: StoreLimits) throws {
        try statements.flush()
        try state.trim(database, now: now, limits: limits)
    }

    mutating func perform(_ command: WriteCommand, limits: StoreLimits) throws -> WriteOutcome {
        switch command {
        case .create(let draft, let actor, let published, let key):
            try create(
                draft, by: actor, published: published ?? now, key: key, keyLifetime: limits.idempotencyKeyLifetime)
        case .update(let id, let patch, let actor, let condition):
            try update(id, patch, by: actor, condition)
        case .delete(let id, let actor, let condition):
            try delete(id, by: actor, condition)
        }
    }

    private mutating func create(
        _ draft: ArticleDraft, by actor: AuditActor, published: Timestamp, key: IdempotencyKey?, keyLifetime: Int64
    ) throws -> WriteOutcome {
        if let key, let earlier = try answer(to: key) { return earlier }
        let author = draft.author ?? actor.name
        let cursor = try nextCursor()
        state.newestArticle += 1
        let article = Article(
            id: state.newestArticle, title: draft.title, body: draft.body, topic: draft.topic, author: author,
            published: published)
        add(article, cursor)
        // Its title is found at the article.
        statements.audit.add(AuditRecord(actor: actor, action: .articleCreated, article: article.id), at: now)
        let event = FeedEvent(created: article, cursor: cursor)
        let fields = article.fields
        append(event, json: event.json(fields: fields), topic: article.topic)
        let answer = article.json(fields: fields, cursor: cursor)
        if let key {
            try database.cachedStatement(
                sql: "INSERT OR REPLACE INTO idempotency_keys (name, fingerprint, answer, expires) VALUES (?, ?, ?, ?)"
            ).execute(arguments: [
                key.name, Data(key.fingerprint), Data(answer), now.milliseconds + keyLifetime,
            ])
        }
        return .created(CreatedArticle(id: article.id, version: cursor, json: answer))
    }

    private func add(_ article: Article, _ cursor: Core.Cursor) {
        let rows = statements.articles
        rows.integer(article.id)
        rows.text(article.title)
        rows.text(article.body)
        rows.text(article.topic)
        rows.text(article.author)
        rows.integer(article.published.milliseconds)
        // Created by the event that made it what it is.
        for _ in 1...2 {
            rows.integer(cursor.seq)
            rows.integer(Int64(cursor.nonce))
        }
    }

    /// What was answered to the same request before; `nil` if the key is new or has expired.
    private func answer(to key: IdempotencyKey) throws -> WriteOutcome? {
        let statement = try database.cachedStatement(
            sql: "SELECT fingerprint, answer FROM idempotency_keys WHERE name = ? AND expires >= ?")
        guard let row = try Row.fetchOne(statement, arguments: [key.name, now.milliseconds]) else { return nil }
        let fingerprint: Data = row[0]
        guard Array(fingerprint) == key.fingerprint else {
            return .refused(.keyOfAnotherRequest)
        }
        let answer: Data = row[1]
        return .repeated(Array(answer))
    }

    private mutating func update(
        _ id: Int64, _ patch: ArticlePatch, by actor: AuditActor, _ condition: EntityTagCondition?
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
        statements.audit.add(
            AuditRecord(
                actor: actor, action: .articleChanged, article: id, subject: article.title,
                detail: article.changes(since: current.article)), at: now)
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
        let event = FeedEvent(updated: article, cursor: cursor)
        append(event, json: event.json, topic: article.topic, previousTopic: previousTopic)
        return .updated(VersionedArticle(article: article, version: cursor))
    }

    private mutating func delete(
        _ id: Int64, by actor: AuditActor, _ condition: EntityTagCondition?
    ) throws -> WriteOutcome {
        let current: VersionedArticle
        switch try find(id, condition) {
        case .success(let found): current = found
        case .failure(let error): return .refused(error)
        }
        let cursor = try nextCursor()
        try database.cachedStatement(sql: "DELETE FROM articles WHERE id = ?").execute(arguments: [id])
        statements.audit.add(
            AuditRecord(actor: actor, action: .articleDeleted, article: id, subject: current.article.title), at: now)
        let event = FeedEvent(deleted: id, cursor: cursor)
        append(event, json: event.json, topic: current.article.topic)
        return .deleted
    }

    private func find(
        _ id: Int64, _ condition: EntityTagCondition?
    ) throws -> Result<VersionedArticle, ServiceError> {
        try statements.flush()
        guard let found = try SQLiteStore.article(id: id, database) else {
            return .failure(.noArticle(id))
        }
        if let condition, !condition.matches(found.entityTag) {
            return .failure(.changedSince(id, found.version))
        }
        return .success(found)
    }

    private mutating func nextCursor() throws -> Core.Cursor {
        state.newestSeq += 1
        if state.nonce != nonce {
            try database.execute(
                sql: "INSERT INTO terms (first_seq, nonce) VALUES (?, ?)", arguments: [state.newestSeq, nonce])
            state.nonce = nonce
        }
        return Core.Cursor(seq: state.newestSeq, nonce: nonce)
    }

    private mutating func append(_ event: FeedEvent, json: [UInt8], topic: String, previousTopic: String? = nil) {
        let rows = statements.events
        rows.integer(event.cursor.seq)
        rows.integer(Int64(event.cursor.nonce))
        rows.text(event.kind.rawValue)
        rows.text(topic)
        rows.text(previousTopic)
        rows.integer(now.milliseconds)
        rows.blob(json)
        events.append(
            CommittedEvent(
                cursor: event.cursor, kind: event.kind, topic: topic, previousTopic: previousTopic, json: json))
    }
}

extension Article {
    /// In words, which members differ, and what the short ones were.
    fileprivate func changes(since old: Article) -> String {
        var changes: [String] = []
        if title != old.title { changes.append("title was “\(old.title)”") }
        if topic != old.topic { changes.append("topic was \(old.topic)") }
        if author != old.author { changes.append("author was \(old.author)") }
        if body != old.body { changes.append("body") }
        return changes.isEmpty ? "nothing" : changes.joined(separator: ", ")
    }
}
