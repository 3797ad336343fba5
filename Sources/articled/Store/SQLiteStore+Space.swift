import Core
import Foundation
import GRDB

#if canImport(Glibc)
    import Glibc
#endif

extension SQLiteStore {
    /// Below this the disk counts as full, in bytes: a few long articles, or the pages of one checkpoint, fill it.
    private static let leastRoom: UInt64 = 1024 * 1024

    /// Asks the file system, which costs nothing; whether the store really can be written to shows when it is.
    func checkPlace() throws(ServiceError) {
        guard let path = (database as? DatabasePool)?.path else { return }
        guard access(path, F_OK) == 0 else {
            throw ServiceError(
                .unavailable, "The database file is gone. Put it back, or restart the server.", retryAfter: 10)
        }
        var file = statvfs()
        guard statvfs(path, &file) == 0 else { return }
        let room = UInt64(file.f_bavail) * UInt64(file.f_frsize)
        guard room >= Self.leastRoom else {
            throw ServiceError(
                .unavailable, "The server's disk is full: \(room / 1024) KiB are left for the database.", retryAfter: 10
            )
        }
    }

    /// What unused pages may stay in the file, for the next events to use: a few MiB, or a twentieth of it.
    private static func slack(pages: Int) -> Int { max(1024, pages / 20) }

    /// How many pages are given back in one transaction: some milliseconds of the writer's time.
    private static let step = 64
    /// The rest between transactions, in multiples of what the last one took: nine tenths of the writer's time are left.
    private static let rest = 9

    /// Gives unused pages back to the file system in small transactions between those of the writer.
    ///
    /// - Parameter keeping: how many unused pages may stay; by default a few, and nothing happens as long as there are not
    ///   twice as many.
    func giveBackSpace(keeping limit: Int?) async throws -> Int {
        let (unused, pages, isPossible) = try await database.read { database in
            (
                try Int.fetchOne(database, sql: "PRAGMA freelist_count") ?? 0,
                try Int.fetchOne(database, sql: "PRAGMA page_count") ?? 0,
                try Int.fetchOne(database, sql: "PRAGMA auto_vacuum") == 2
            )
        }
        let keep = limit ?? Self.slack(pages: pages)
        guard isPossible, unused > (limit ?? 2 * keep) else { return 0 }
        var left = unused
        while left > keep {
            let start = ContinuousClock.now
            let most = min(Self.step, left - keep)
            let now = try await database.writeWithoutTransaction { database in
                try database.execute(sql: "PRAGMA incremental_vacuum(\(most))")
                return try Int.fetchOne(database, sql: "PRAGMA freelist_count") ?? 0
            }
            // Somebody else uses pages faster than they are given back, and that is as good.
            guard now < left else { break }
            left = now
            try await Task.sleep(for: start.duration(to: .now) * Self.rest)
        }
        // The file becomes shorter when the log is brought into it; this waits for nobody.
        let pageSize = try await database.writeWithoutTransaction { database in
            _ = try? database.checkpoint(.passive)
            return try Int.fetchOne(database, sql: "PRAGMA page_size") ?? 4096
        }
        return (unused - left) * pageSize
    }

    func giveBackSpace() async throws -> Int { try await giveBackSpace(keeping: nil) }
}
