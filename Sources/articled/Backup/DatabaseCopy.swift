import Foundation
import GRDB

#if canImport(Glibc)
    import Glibc
#endif

/// A copy of a database as it is at one moment, made while others go on writing to it (sqlite.org/backup.html).
struct DatabaseCopy {
    let source: String

    /// How many pages are copied between two looks at whether to go on.
    private static let step: CInt = 512

    /// A database that is only looked at.
    ///
    /// - Throws: `DatabaseError`.
    static func open(_ path: String) throws -> DatabaseQueue {
        var configuration = SQLiteStore.configuration
        configuration.readonly = true
        return try DatabaseQueue(path: path, configuration: configuration)
    }

    /// Copies into an empty file, which is one file without a log beside it afterwards.
    ///
    /// - Parameter progress: called now and then with how much is done, from 0 to 1; what it throws ends the copying.
    /// - Throws: ``StoreError`` if the source can't be read or the target not be written.
    func write(to target: String, progress: @escaping (Double) throws -> Void) throws {
        let queue: DatabaseQueue
        do {
            queue = try Self.open(source)
        } catch let error as DatabaseError {
            throw StoreError(reading: source, error)
        }
        defer { try? queue.close() }
        let copy = try DatabaseQueue(path: target)
        defer { try? copy.close() }
        do {
            // Within one transaction of the source: else every commit of a writer would begin the copy anew.
            try queue.read { database in
                _ = try Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_master")
                try copy.writeWithoutTransaction { target in
                    try database.backup(to: target, pagesPerStep: Self.step) { state in
                        try progress(
                            Double(state.completedPageCount) / Double(max(1, state.totalPageCount)))
                    }
                }
            }
            try copy.writeWithoutTransaction { try $0.execute(sql: "PRAGMA journal_mode = DELETE") }
        } catch let error as DatabaseError where error.resultCode == .SQLITE_FULL {
            throw StoreError(code: .inaccessible, message: "\(target) can't be written: the disk is full.")
        } catch let error as DatabaseError {
            throw StoreError(reading: source, error)
        }
    }
}

extension StoreError {
    /// What SQLite's result code means for a database that is only read.
    init(reading path: String, _ error: DatabaseError) {
        let reason = error.message ?? "no details"
        switch error.resultCode {
        case .SQLITE_NOTADB, .SQLITE_CORRUPT:
            self.init(code: .corrupt, message: "\(path) is not a database or is damaged (\(reason)).")
        case .SQLITE_CANTOPEN where access(path, R_OK) != 0:
            self = .absence(of: path) ?? .forbidden(path)
        default:
            self.init(
                code: .inaccessible,
                message:
                    "\(path) can't be read: \(reason) (\(error.resultCode)). Check who may read it and its directory."
            )
        }
    }
}
