import GRDB

/// What the writer does with every batch, prepared once.
///
/// Belongs to the one connection that writes, and is used within accesses to it only. New rows are collected and put in
/// together by ``flush()``, so whoever reads the tables within the transaction must call that before.
final class WriterStatements {
    let articles: RowInsertion
    let events: RowInsertion
    let audit: RowInsertion
    private let begin: BareStatement
    private let commit: BareStatement

    init(_ database: Database) throws {
        begin = try BareStatement(database, sql: "BEGIN IMMEDIATE")
        commit = try BareStatement(database, sql: "COMMIT")
        articles = RowInsertion(
            database,
            """
            INSERT INTO articles
                (id, title, body, topic, author, published, created_seq, created_nonce, version_seq, version_nonce)
            """, columns: 10)
        events = RowInsertion(
            database, "INSERT INTO events (seq, nonce, kind, topic, previous_topic, committed, json)", columns: 7)
        audit = RowInsertion(database, SQLiteStore.auditInsertion, columns: 7)
    }

    /// Puts in what was collected.
    func flush() throws {
        try articles.flush()
        try events.flush()
        try audit.flush()
    }

    /// Runs the body in a transaction, which is rolled back if the body or the commit throws.
    ///
    /// Past GRDB's own, which does more than a batch of one article costs.
    func inTransaction<Result>(_ database: Database, _ body: () throws -> Result) throws -> Result {
        try begin.run()
        do {
            let result = try body()
            try flush()
            try commit.run()
            return result
        } catch {
            for rows in [articles, events, audit] { rows.discard() }
            // Some errors have rolled back already (sqlite.org/lang_transaction.html), and rolling back again is one more.
            if database.isInsideTransaction { try? database.execute(sql: "ROLLBACK") }
            throw error
        }
    }
}
