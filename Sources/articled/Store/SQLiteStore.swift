import Core
import Foundation
import GRDB
import Logging
import SQLiteSetup
import Synchronization

/// The embedded store: one SQLite file in WAL mode with `synchronous=FULL`, so that what is committed survives a crash
/// of the process and of the machine.
///
/// Reads may come from anywhere and run on threads of the pool. Writes come from one thread, the article log's, through
/// ``SQLiteStore/commit(_:at:term:)``.
final class SQLiteStore: Store {
    static let fileName = "articles.sqlite"
    /// What a database consists of: suffixes of its file's name.
    static let files = ["", "-wal", "-shm"]

    let database: any DatabaseWriter
    private let liveLimits: Live<StoreLimits>
    let writer = Mutex(Writer())
    let credentialVersion = SharedCredentialVersion()
    let tickets = Tickets()

    /// What the writer keeps between its transactions.
    struct Writer {
        /// What it knows of the file; `nil` before the first transaction and after one that failed.
        var state: WriterState?
        var statements: WriterStatements?
    }

    /// Once for the process, before anything else of SQLite's; if something came before, it only stays a little slower.
    private static let setup = sqlite_setup_without_memory_statistics()

    private init(database: any DatabaseWriter, limits: StoreLimits) {
        self.database = database
        liveLimits = Live(limits)
    }

    var limits: StoreLimits { liveLimits.value }

    func setLimits(_ limits: StoreLimits) {
        liveLimits.set(limits)
    }

    /// Opens the database in a data directory and brings its shape up to date.
    ///
    /// - Throws: ``StoreError``; the file is left as it was.
    static func open(in directory: DataDirectory, limits: StoreLimits = StoreLimits()) throws -> SQLiteStore {
        _ = setup
        let path = directory.databaseFile
        do {
            try refuseNewerSchema(path)
            // What is made beside it has its mode.
            for suffix in files { try directory.closeToOthers(path + suffix) }
            let pool = try DatabasePool(path: path, configuration: configuration)
            // GRDB sets NORMAL for WAL, with which a power cut may lose commits that were acknowledged.
            try pool.writeWithoutTransaction { database in
                try database.execute(sql: "PRAGMA synchronous = FULL")
                guard try Int.fetchOne(database, sql: "PRAGMA synchronous") == 2 else {
                    throw StoreError(code: .inaccessible, message: "SQLite refused synchronous=FULL for \(path).")
                }
            }
            try migrator.migrate(pool)
            try pool.writeWithoutTransaction(WriteAheadLog.grow)
            for suffix in files { try directory.giveToOwner(path + suffix) }
            return SQLiteStore(database: pool, limits: limits)
        } catch let error as DatabaseError {
            throw StoreError(opening: path, error)
        }
    }

    /// A store that is gone with the process: for measurements and tests.
    static func inMemory(limits: StoreLimits = StoreLimits()) throws -> SQLiteStore {
        let queue = try DatabaseQueue(configuration: configuration)
        try migrator.migrate(queue)
        return SQLiteStore(database: queue, limits: limits)
    }

    static var configuration: Configuration {
        var configuration = Configuration()
        configuration.label = "articles"
        configuration.busyMode = .timeout(5)
        configuration.maximumReaderCount = 4
        // Article texts must not show up in error messages and so in the log.
        configuration.publicStatementArguments = false
        // Acts on a new file only, before its first table: so that space can be given back without copying the file.
        configuration.prepareDatabase { database in
            guard !database.configuration.readonly else { return }
            try database.execute(sql: "PRAGMA auto_vacuum = INCREMENTAL")
        }
        return configuration
    }

    /// A read-only look before anything is touched: a file of a newer version, or of something else, stays as it is.
    private static func refuseNewerSchema(_ path: String) throws {
        guard FileManager.default.fileExists(atPath: path) else { return }
        var configuration = configuration
        configuration.readonly = true
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        defer { try? queue.close() }
        try queue.read { database in
            switch try shape(database) {
            case .foreign:
                throw StoreError(
                    code: .corrupt,
                    message: "\(path) is a database of another program. Move it away, or use another --data-dir.")
            case .newer:
                throw StoreError(
                    code: .tooNew,
                    message:
                        "\(path) was written by a newer version of articled. Run that version, or use another --data-dir."
                )
            case .current:
                // What the start will read: if that is damaged, it shows before anything is written.
                _ = try history(database)
                _ = try newestEvents(database, maxEvents: 10_000, maxBytes: 16 * 1024 * 1024)
            case .empty, .older: break
            }
        }
    }

    /// Brings everything into the one file and closes it; closes it in any case.
    ///
    /// - Throws: `DatabaseError` if there still is a write-ahead log, because of a full disk perhaps.
    func close() throws {
        writer.withLock { $0.statements = nil }
        let checkpoint = Result { try database.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) } }
        try database.close()
        try checkpoint.get()
    }
}

extension StoreError {
    /// What SQLite's result code means for a database that was to be opened.
    init(opening path: String, _ error: DatabaseError) {
        switch error.resultCode {
        case .SQLITE_NOTADB, .SQLITE_CORRUPT:
            self.init(
                code: .corrupt,
                message: "\(path) is not a database or is damaged (\(error.message ?? "no details")). "
                    + "Restore it from a backup, or use another --data-dir; the file was not changed.")
        default:
            self.init(
                code: .inaccessible,
                message: "\(path) can't be opened: \(error.message ?? "unknown error") (\(error.resultCode)). "
                    + "Check that the directory is writable and the disk is not full.")
        }
    }
}
