import GRDB
import GRDBSQLite

/// A prepared statement without results whose values are bound directly, for the boxes that GRDB puts arguments in, and
/// what it does around each statement, cost more than SQLite's own work.
///
/// Must be run within an access to the database that made it.
final class Insertion {
    private let statement: OpaquePointer
    /// Has the statement as long as this does.
    private let owner: Statement

    init(_ database: Database, sql: String) throws {
        owner = try database.makeStatement(sql: sql)
        statement = owner.sqliteStatement
    }

    enum Value {
        case integer(Int64)
        /// As it is, for a text may hold NUL, at which C strings end.
        case text(String)
        case blob([UInt8])
        case null
    }

    /// - Throws: `DatabaseError`.
    func run(_ values: Value...) throws {
        // The code of a failed reset is that of the step before, which is thrown below.
        defer { _ = sqlite3_reset(statement) }
        for (index, value) in values.enumerated() {
            let code = bind(value, at: Int32(index + 1))
            guard code == SQLITE_OK else { throw failure(code) }
        }
        let code = sqlite3_step(statement)
        guard code == SQLITE_DONE else { throw failure(code) }
    }

    private func bind(_ value: Value, at index: Int32) -> Int32 {
        switch value {
        case .integer(let integer): return sqlite3_bind_int64(statement, index, integer)
        case .null: return sqlite3_bind_null(statement, index)
        case .text(var text):
            return text.withUTF8 { bytes in
                bytes.withMemoryRebound(to: CChar.self) {
                    sqlite3_bind_text(statement, index, $0.baseAddress, Int32($0.count), Self.copied)
                }
            }
        case .blob(let bytes):
            return bytes.withUnsafeBytes {
                sqlite3_bind_blob(statement, index, $0.baseAddress, Int32($0.count), Self.copied)
            }
        }
    }

    private func failure(_ code: Int32) -> DatabaseError {
        let message = sqlite3_db_handle(statement).flatMap { sqlite3_errmsg($0) }.map { String(cString: $0) }
        return DatabaseError(resultCode: ResultCode(rawValue: code), message: message)
    }

    /// SQLITE_TRANSIENT: SQLite makes a copy of its own.
    private static let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
}
