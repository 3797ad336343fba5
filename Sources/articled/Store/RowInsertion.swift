import GRDB
import GRDBSQLite

/// Rows for one table, collected and put in many at a time, for what SQLite and its callers do around each statement
/// costs more than a row.
///
/// The values are bound directly, out of one piece of memory: the boxes that GRDB puts arguments in, and the copies that
/// SQLite would make, cost as much again. Must be run within accesses to the database that made it.
final class RowInsertion {
    private enum Value {
        case integer(Int64)
        /// Bytes of `memory`.
        case text(Range<Int>)
        case blob(Range<Int>)
        case null
    }

    private let database: Database
    private let head: String
    private let columns: Int
    private var values: [Value] = []
    /// Begins with a byte that belongs to nobody, so that an empty text has an address too: without one it would be NULL.
    private var memory: [UInt8] = [0]
    /// By the number of rows.
    private var statements: [Int: Statement] = [:]

    /// How many rows one statement takes, the most first.
    private static let sizes = [16, 4, 1]
    /// Beyond this the memory is given back.
    private static let keptMemory = 1024 * 1024

    /// - Parameters:
    ///   - head: an `INSERT` up to `VALUES`.
    ///   - columns: how many columns it names.
    init(_ database: Database, _ head: String, columns: Int) {
        self.database = database
        self.head = head
        self.columns = columns
    }

    // MARK: - Collecting: one value for each column, row by row

    func integer(_ integer: Int64) {
        values.append(.integer(integer))
    }

    func null() {
        values.append(.null)
    }

    /// As it is, for a text may hold NUL, at which C strings end.
    func text(_ text: String) {
        let start = memory.count
        var text = text
        text.withUTF8 { memory.append(contentsOf: $0) }
        values.append(.text(start..<memory.count))
    }

    func text(_ text: String?) {
        if let text { self.text(text) } else { null() }
    }

    func blob(_ bytes: [UInt8]) {
        let start = memory.count
        memory.append(contentsOf: bytes)
        values.append(.blob(start..<memory.count))
    }

    /// Forgets what was collected.
    func discard() {
        values.removeAll(keepingCapacity: true)
        memory.removeAll(keepingCapacity: memory.capacity <= Self.keptMemory)
        memory.append(0)
    }

    // MARK: - Putting in

    /// Puts in what was collected, in order.
    ///
    /// - Throws: `DatabaseError`; some rows may be in then, and the transaction must be rolled back.
    func flush() throws {
        guard !values.isEmpty else { return }
        defer { discard() }
        precondition(values.count % columns == 0, "a row has a value for each column")
        var rest = values[...]
        try memory.withUnsafeBytes { memory in
            for size in Self.sizes {
                while rest.count >= size * columns {
                    try run(rest.prefix(size * columns), of: memory, statement(rows: size).sqliteStatement)
                    rest = rest.dropFirst(size * columns)
                }
            }
        }
    }

    private func statement(rows: Int) throws -> Statement {
        if let known = statements[rows] { return known }
        let row = "(" + repeatElement("?", count: columns).joined(separator: ", ") + ")"
        let list = repeatElement(row, count: rows).joined(separator: ", ")
        let statement = try database.makeStatement(sql: "\(head) VALUES \(list)")
        statements[rows] = statement
        return statement
    }

    private func run(
        _ values: ArraySlice<Value>, of memory: UnsafeRawBufferPointer, _ statement: OpaquePointer
    ) throws {
        defer {
            // The code of a failed reset is that of the step before, which is thrown below.
            _ = sqlite3_reset(statement)
            // What is bound belongs to this call.
            _ = sqlite3_clear_bindings(statement)
        }
        var index: Int32 = 0
        for value in values {
            index += 1
            let code = Self.bind(value, of: memory, to: statement, at: index)
            guard code == SQLITE_OK else { throw DatabaseError(code, of: statement) }
        }
        let code = sqlite3_step(statement)
        guard code == SQLITE_DONE else { throw DatabaseError(code, of: statement) }
    }

    private static func bind(
        _ value: Value, of memory: UnsafeRawBufferPointer, to statement: OpaquePointer, at index: Int32
    ) -> Int32 {
        switch value {
        case .integer(let integer):
            return sqlite3_bind_int64(statement, index, integer)
        case .null:
            return sqlite3_bind_null(statement, index)
        case .text(let range):
            let text = UnsafeRawBufferPointer(rebasing: memory[range]).assumingMemoryBound(to: CChar.self)
            // No destructor: SQLITE_STATIC.
            return sqlite3_bind_text(statement, index, text.baseAddress, Int32(text.count), nil)
        case .blob(let range):
            let blob = UnsafeRawBufferPointer(rebasing: memory[range])
            return sqlite3_bind_blob(statement, index, blob.baseAddress, Int32(blob.count), nil)
        }
    }
}

extension DatabaseError {
    /// What a statement that was run past GRDB answered.
    init(_ code: Int32, of statement: OpaquePointer) {
        let message = sqlite3_db_handle(statement).flatMap { sqlite3_errmsg($0) }.map { String(cString: $0) }
        self.init(resultCode: ResultCode(rawValue: code), message: message)
    }
}
