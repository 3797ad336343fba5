import ArgumentParser
import Foundation
import GRDB

/// `articled vacuum`: makes the database as small as it can be.
struct Vacuum: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Rewrite the database without unused space; the daemon must be stopped.",
        discussion: """
            A daemon gives back unused space by itself, little by little. This gives back all of it, and puts in order \
            what lies scattered. It needs room for a second copy while it works. What events are kept for subscribers is \
            the business of articled serve --retention.

            Example:
              articled vacuum --data-dir /srv/articles
            """)

    @OptionGroup var location: DatabaseLocation

    private static let instead =
        "Redis gives back memory by itself (MEMORY PURGE, activedefrag); the append-only file is rewritten by BGREWRITEAOF."

    func run() throws {
        let path = try location.dataDirectory(instead: Self.instead)
        let file = try location.database(instead: Self.instead)
        let directory: DataDirectory
        do {
            directory = try DataDirectory(path)
        } catch let error as StoreError where error.code == .inUse {
            throw StoreError(
                code: .inUse,
                message:
                    "An articled is running on \(path): it gives back unused space by itself. Stop it first to have "
                    + "the database rewritten.")
        }
        defer { withExtendedLifetime(directory) {} }
        let before = try Self.size(file)
        do {
            // As a start would: a file of another version or program stays what it is.
            try SQLiteStore.open(in: directory).close()
            let queue = try DatabaseQueue(path: file, configuration: SQLiteStore.configuration)
            defer { try? queue.close() }
            try queue.writeWithoutTransaction { database in
                try database.execute(sql: "VACUUM")
                _ = try database.checkpoint(.truncate)
            }
        } catch let error as DatabaseError where error.resultCode == .SQLITE_FULL {
            throw StoreError(
                code: .inaccessible,
                message: "The disk has no room for a second copy of \(file), which is what it was.")
        } catch let error as DatabaseError {
            throw StoreError(opening: file, error)
        }
        ListOutput.say("\(file): \(SizeText(before)) before, \(SizeText(try Self.size(file))) now.")
    }

    private static func size(_ file: String) throws -> Int {
        try FileManager.default.attributesOfItem(atPath: file)[.size] as? Int ?? 0
    }
}
