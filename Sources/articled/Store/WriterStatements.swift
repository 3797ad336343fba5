import GRDB

/// What the writer does with every batch, prepared once.
///
/// Belongs to the one connection that writes, and is used within accesses to it only.
final class WriterStatements {
    let insertArticle: Insertion
    let insertEvent: Insertion
    let insertAudit: Insertion
    private let begin: Insertion
    private let commit: Insertion

    init(_ database: Database) throws {
        begin = try Insertion(database, sql: "BEGIN IMMEDIATE")
        commit = try Insertion(database, sql: "COMMIT")
        insertArticle = try Insertion(
            database,
            sql: """
                INSERT INTO articles
                    (title, body, topic, author, published, created_seq, created_nonce, version_seq, version_nonce)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?6, ?7)
                """)
        insertEvent = try Insertion(
            database,
            sql: """
                INSERT INTO events (seq, nonce, kind, topic, previous_topic, committed, json)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """)
        insertAudit = try Insertion(database, sql: SQLiteStore.auditInsertion)
    }

    /// Runs the body in a transaction, which is rolled back if the body or the commit throws.
    ///
    /// Past GRDB's own, which does more than a batch of one article costs.
    func inTransaction<Result>(_ database: Database, _ body: () throws -> Result) throws -> Result {
        try begin.run()
        do {
            let result = try body()
            try commit.run()
            return result
        } catch {
            // Some errors have rolled back already (sqlite.org/lang_transaction.html), and rolling back again is one more.
            if database.isInsideTransaction { try? database.execute(sql: "ROLLBACK") }
            throw error
        }
    }
}
