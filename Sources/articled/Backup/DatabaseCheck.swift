import Core
import Foundation
import GRDB

/// Looks whether a database is whole, and whether what it holds agrees with itself.
enum DatabaseCheck {
    /// What was found in one respect.
    struct Finding: Sendable, Hashable {
        let name: String
        /// What is wrong, each in words; none if all is well.
        let problems: [String]
    }

    /// What a database holds.
    struct Contents: Sendable, Hashable {
        let articles: Int
        let events: Int
        let oldestSeq: Int64
        let newest: Core.Cursor
        let accounts: Int
        let tokens: Int
        /// Of the file, in bytes.
        let bytes: Int
        /// Of these, what nothing uses.
        let unusedBytes: Int
    }

    /// How many problems of one kind are told.
    private static let most = 5

    /// Everything, within one transaction: a daemon may go on writing meanwhile.
    ///
    /// - Throws: ``StoreError`` if it is no database of this program and version; `DatabaseError`.
    static func run(_ queue: DatabaseQueue, path: String) throws -> (findings: [Finding], contents: Contents?) {
        try queue.read { database in
            let whole = try wholeness(database)
            guard whole.allSatisfy(\.problems.isEmpty) else { return (whole, nil) }
            // What the later shape demands can't be asked of an older one; a start brings it up to date.
            guard try knownShape(database, path: path) == .current else { return (whole, nil) }
            return (whole + (try agreement(database)), try contents(database))
        }
    }

    /// Its shape: the current one, or an older one.
    ///
    /// - Throws: ``StoreError`` if it is none that this version knows.
    static func knownShape(_ database: Database, path: String) throws -> SQLiteStore.Shape {
        let shape = try SQLiteStore.shape(database)
        switch shape {
        case .empty, .foreign:
            throw StoreError(code: .corrupt, message: "\(path) is not a database of articled.")
        case .newer:
            throw StoreError(
                code: .tooNew, message: "\(path) was written by a newer version of articled. Use that version.")
        case .older, .current: return shape
        }
    }

    /// Pages, indexes and references.
    static func wholeness(_ database: Database) throws -> [Finding] {
        let damage: [String]
        do {
            damage = try String.fetchAll(database, sql: "PRAGMA integrity_check(\(most))")
                .flatMap { $0.split(separator: "\n").map(String.init) }.filter { $0 != "ok" }
        } catch let error as DatabaseError where [.SQLITE_CORRUPT, .SQLITE_NOTADB].contains(error.resultCode) {
            damage = [error.message ?? "the file is damaged"]
        }
        guard damage.isEmpty else { return [Finding(name: "file", problems: damage)] }
        let dangling = try Row.fetchAll(database, sql: "PRAGMA foreign_key_check").prefix(most).map { row in
            "row \(row["rowid"] as Int64? ?? 0) of \(row["table"] as String) refers to \(row["parent"] as String), where it is not"
        }
        return [Finding(name: "file", problems: []), Finding(name: "references", problems: Array(dangling))]
    }

    /// What the tables say of each other.
    private static func agreement(_ database: Database) throws -> [Finding] {
        try FeedRule.all.map { rule in
            let problems = try String.fetchAll(database, sql: "WITH \(FeedRule.given) \(rule.sql) LIMIT \(most)")
            return Finding(name: rule.name, problems: problems)
        }
    }

    private static func contents(_ database: Database) throws -> Contents {
        func number(_ sql: String) throws -> Int { try Int.fetchOne(database, sql: sql) ?? 0 }
        let history = try SQLiteStore.history(database)
        let pageSize = try number("PRAGMA page_size")
        return Contents(
            articles: try number("SELECT count(*) FROM articles"), events: try number("SELECT count(*) FROM events"),
            oldestSeq: history.oldestSeq, newest: history.newest, accounts: try number("SELECT count(*) FROM accounts"),
            tokens: try number("SELECT count(*) FROM tokens"), bytes: try number("PRAGMA page_count") * pageSize,
            unusedBytes: try number("PRAGMA freelist_count") * pageSize)
    }
}
