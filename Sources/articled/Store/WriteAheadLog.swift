import GRDB
import GRDBSQLite

/// What the file of the write-ahead log has room for.
enum WriteAheadLog {
    /// What a few long articles need, in bytes.
    private static let probe = 1024 * 1024

    /// Makes the log as long as it will ever be, for a commit that makes a file longer has the file system write down
    /// the new length as well, which costs more than the data.
    ///
    /// That it is not possible, as on a full disk, is no error: it only saves work.
    ///
    /// - Throws: `DatabaseError`.
    static func grow(_ database: Database) throws {
        let pages = try Int.fetchOne(database, sql: "PRAGMA wal_autocheckpoint") ?? 1000
        let pageSize = try Int.fetchOne(database, sql: "PRAGMA page_size") ?? 4096
        do {
            try spill(pages * 11 / 10 * pageSize, database)
        } catch let error as DatabaseError where Self.isLackOfRoom(error) {
            // What little room there is serves the articles better. If this fails too, the first article will say so.
            _ = try? database.checkpoint(.truncate)
        }
    }

    /// A quota shows as an error of the file system, another process at work as a busy file.
    private static func isLackOfRoom(_ error: DatabaseError) -> Bool {
        [.SQLITE_FULL, .SQLITE_IOERR, .SQLITE_BUSY].contains(error.resultCode)
    }

    /// Throws if the disk has no room for some more articles.
    static func checkRoom(_ database: Database) throws {
        try spill(probe, database)
    }

    /// Writes so many bytes behind the log's end: a transaction larger than the page cache goes there before it is
    /// committed, and this one, rolled back, leaves nothing but the file's length.
    private static func spill(_ bytes: Int, _ database: Database) throws {
        let cacheSize = try Int.fetchOne(database, sql: "PRAGMA cache_size") ?? -2000
        try database.execute(sql: "PRAGMA cache_size = 10")
        // Past GRDB, which runs nothing for a task that has been cancelled; it touches no file, and so can't fail.
        defer { sqlite3_exec(database.sqliteConnection, "PRAGMA cache_size = \(cacheSize)", nil, nil, nil) }
        try database.inTransaction(.immediate) {
            try database.execute(
                sql: "CREATE TABLE spill (bytes BLOB); INSERT INTO spill VALUES (zeroblob(\(bytes)))")
            return .rollback
        }
    }
}
