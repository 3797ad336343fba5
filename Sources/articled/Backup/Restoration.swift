import Core
import Foundation
import GRDB

#if canImport(Glibc)
    import Glibc
#endif

/// Puts a backup in the place of a data directory's database, which is kept beside it.
struct Restoration {
    let backup: String
    /// Locked, so that no daemon runs on it.
    let directory: DataDirectory

    /// What was done.
    struct Result {
        let contents: DatabaseCheck.Contents
        /// Where the database is that was there before; `nil` if there was none.
        let replaced: String?
    }

    /// Takes over what the backup must not lack: it is good only if every check is passed.
    ///
    /// The swap is one renaming. Whenever this is interrupted, there is the old database or the new one; and the old one
    /// is whole, if not under its own name then under its second.
    ///
    /// - Throws: ``StoreError``.
    func run(at now: Date, progress: @escaping (Double) throws -> Void) throws -> Result {
        try refuseOneself()
        let pending = try PendingFile(for: directory.databaseFile)
        defer { pending.discard() }
        try DatabaseCopy(source: backup).write(to: pending.path, progress: progress)
        try directory.giveToOwner(pending.path)
        let contents = try check(pending.path)
        try prepare(pending.path, articlesBeyond: try settleOld())
        let replaced = try setAside(at: now)
        do {
            try replaced?.release()
            try pending.publish(replacing: true)
        } catch {
            // It has failed before the renaming, or behind it: then the new one is there, and the old one beside it.
            if FileManager.default.fileExists(atPath: pending.path) { replaced?.undo() }
            throw error
        }
        return Result(contents: contents, replaced: replaced?.path)
    }

    private func refuseOneself() throws(StoreError) {
        var (old, new) = (stat(), stat())
        guard stat(directory.databaseFile, &old) == 0, stat(backup, &new) == 0, old.st_dev == new.st_dev,
            old.st_ino == new.st_ino
        else { return }
        throw StoreError(
            code: .inaccessible, message: "\(backup) is the database itself. Name a file that articled backup has made."
        )
    }

    /// Brings what is in the old database's log into its file, and finds out which article was the last.
    ///
    /// - Returns: 0 if there is none, or if it is damaged: then it is kept as it is.
    private func settleOld() throws -> Int64 {
        guard FileManager.default.fileExists(atPath: directory.databaseFile) else { return 0 }
        do {
            // First without a chance to write: to bring a log into a damaged file would damage more.
            let reader = try DatabaseCopy.open(directory.databaseFile)
            let isWhole = try reader.read { try String.fetchOne($0, sql: "PRAGMA quick_check(1)") } == "ok"
            try reader.close()
            guard isWhole else { return 0 }
            let queue = try DatabaseQueue(path: directory.databaseFile)
            defer { try? queue.close() }
            return try queue.writeWithoutTransaction { database in
                try database.execute(sql: "PRAGMA journal_mode = DELETE")
                return try Int64.fetchOne(database, sql: "SELECT seq FROM sqlite_sequence WHERE name = 'articles'") ?? 0
            }
        } catch let error as DatabaseError where [.SQLITE_CORRUPT, .SQLITE_NOTADB].contains(error.resultCode) {
            return 0
        }
    }

    private func check(_ path: String) throws -> DatabaseCheck.Contents {
        do {
            let queue = try DatabaseCopy.open(path)
            defer { try? queue.close() }
            let (findings, contents) = try DatabaseCheck.run(queue, path: backup)
            let problems = findings.flatMap(\.problems)
            guard problems.isEmpty else {
                throw StoreError(
                    code: .corrupt,
                    message: "\(backup) is damaged and was not restored: \(problems.joined(separator: "; ")).")
            }
            guard let contents else {
                throw StoreError(
                    code: .inaccessible,
                    message: "\(backup) is of an older version of articled. Put it into an empty --data-dir as "
                        + "articles.sqlite and start articled once; then back that up.")
            }
            return contents
        } catch let error as DatabaseError {
            throw StoreError(reading: backup, error)
        }
    }

    /// Changes in the copy what may not come back.
    private func prepare(_ path: String, articlesBeyond lastID: Int64) throws {
        do {
            let queue = try DatabaseQueue(path: path)
            defer { try? queue.close() }
            try queue.write { database in
                // Ids are never used again, also not those of articles that the backup does not have.
                try database.execute(
                    sql: "UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = 'articles'", arguments: [lastID])
                if database.changesCount == 0, lastID > 0 {
                    try database.execute(
                        sql: "INSERT INTO sqlite_sequence (name, seq) VALUES ('articles', ?)", arguments: [lastID])
                }
                // Who has logged out since must not be logged in again.
                try database.execute(sql: "DELETE FROM sessions")
            }
        } catch let error as DatabaseError {
            throw StoreError(reading: backup, error)
        }
    }

    /// Gives the old database another name besides its own, which the new one takes from it; a log that could not be brought
    /// in goes with it.
    private func setAside(at now: Date) throws(StoreError) -> ReplacedDatabase? {
        let old = directory.databaseFile
        guard FileManager.default.fileExists(atPath: old) else { return nil }
        for suffix in SQLiteStore.files { try directory.closeToOthers(old + suffix) }
        let time = now.ISO8601Format(.iso8601(timeZone: .gmt, dateTimeSeparator: .standard)).replacing(":", with: "")
        return try ReplacedDatabase(old, path: "\(old).replaced-\(time)")
    }
}
