import GRDB
import GRDBSQLite

/// A prepared statement without values or results, run past GRDB, whose bookkeeping around each statement costs more than
/// this.
///
/// Must be run within an access to the database that made it.
final class BareStatement {
    private let statement: OpaquePointer
    /// Has the statement as long as this does.
    private let owner: Statement

    init(_ database: Database, sql: String) throws {
        owner = try database.makeStatement(sql: sql)
        statement = owner.sqliteStatement
    }

    /// - Throws: `DatabaseError`.
    func run() throws {
        // The code of a failed reset is that of the step before, which is thrown below.
        defer { _ = sqlite3_reset(statement) }
        let code = sqlite3_step(statement)
        guard code == SQLITE_DONE else { throw DatabaseError(code, of: statement) }
    }
}
