import Core
import GRDB

/// What the one writer knows of the file without asking: as long as its transactions succeed nobody else changes it.
struct WriterState: Sendable {
    /// The newest event; 0 before the first.
    var newestSeq: Int64 = 0
    /// The newest id of an article, be it deleted since; 0 before the first.
    var newestArticle: Int64 = 0
    /// The newest term's nonce; `nil` before the first.
    var nonce: UInt32?
    /// The oldest event that is kept; one past the newest if there is none.
    private(set) var oldestSeq: Int64 = 1
    /// When the oldest event was committed, in milliseconds since 1970; `nil` if that is not known.
    private var oldestCommitted: Int64?
    /// When expired keys were looked for, in milliseconds since 1970.
    private var keysTrimmed: Int64?

    /// How much one transaction drops at most: a few more than a batch adds, so that trimming keeps up without ever
    /// taking long.
    private static let most = 2000
    /// How often expired keys are looked for, in milliseconds.
    private static let keyInterval: Int64 = 60_000

    init() {}

    init(reading database: Database) throws {
        newestSeq = try Self.newestID(of: "events", database)
        newestArticle = try Self.newestID(of: "articles", database)
        nonce = try UInt32.fetchOne(database, sql: "SELECT nonce FROM terms ORDER BY first_seq DESC LIMIT 1")
        oldestSeq = try SQLiteStore.oldestSeq(database)
    }

    private static func newestID(of table: String, _ database: Database) throws -> Int64 {
        try Int64.fetchOne(database, sql: "SELECT seq FROM sqlite_sequence WHERE name = ?", arguments: [table]) ?? 0
    }

    /// Drops a bounded number of the oldest events, as far as they are too many or too old, and keys and lines of the audit log that expired.
    ///
    /// Events go strictly from the oldest on: if the clock was set back, younger ones may bear older times, and must not
    /// go first, for that would leave a gap.
    mutating func trim(_ database: Database, now: Timestamp, limits: StoreLimits) throws {
        try trimEvents(database, oldestTime: now.milliseconds - limits.maxEventAge, maxEvents: Int64(limits.maxEvents))
        if let keysTrimmed, (keysTrimmed..<keysTrimmed + Self.keyInterval).contains(now.milliseconds) { return }
        try database.cachedStatement(
            sql: """
                DELETE FROM idempotency_keys WHERE name IN (
                    SELECT name FROM idempotency_keys WHERE expires < ? ORDER BY expires LIMIT ?)
                """
        ).execute(arguments: [now.milliseconds, Self.most])
        let droppedKeys = database.changesCount
        try database.cachedStatement(
            sql: """
                DELETE FROM audit WHERE id IN (SELECT id FROM audit ORDER BY id LIMIT ?)
                    AND (at < ? OR id <= (SELECT max(id) FROM audit) - ?)
                """
        ).execute(arguments: [
            Self.most, now.milliseconds - limits.maxAuditAge, limits.maxAuditEntries,
        ])
        // As many as possible went, so there may be more.
        keysTrimmed = max(droppedKeys, database.changesCount) < Self.most ? now.milliseconds : nil
    }

    private mutating func trimEvents(_ database: Database, oldestTime: Int64, maxEvents: Int64) throws {
        let firstKept = newestSeq - maxEvents + 1
        if oldestSeq >= firstKept, let oldestCommitted, oldestCommitted >= oldestTime { return }
        let rows = try Row.fetchCursor(
            database.cachedStatement(sql: "SELECT seq, committed FROM events ORDER BY seq LIMIT ?"),
            arguments: [Self.most])
        var dropped: Int64?
        oldestCommitted = nil
        oldestSeq = newestSeq + 1
        while let row = try rows.next() {
            let (seq, committed): (Int64, Int64) = (row[0], row[1])
            guard seq < firstKept || committed < oldestTime else {
                (oldestSeq, oldestCommitted) = (seq, committed)
                break
            }
            dropped = seq
        }
        guard let dropped else { return }
        try database.cachedStatement(sql: "DELETE FROM events WHERE seq <= ?").execute(arguments: [dropped])
        if oldestCommitted == nil { oldestSeq = min(oldestSeq, dropped + 1) }
    }
}
