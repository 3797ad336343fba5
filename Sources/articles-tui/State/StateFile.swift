import ArticlesClient
import Core
import Foundation
import GRDB

/// What is kept of a server between sessions: articles, read marks, the place in the feed, and what waits to be posted.
///
/// One SQLite file for each server, which several instances may use at once. What the feed brings is collected for a
/// moment and then written together with the place that it leads to, so that a crash never leaves the place without the
/// articles before it.
///
/// Unchecked Sendable because all that changes is behind the lock.
final class StateFile: @unchecked Sendable {
    static let version = 1
    /// How long what the feed brings may wait.
    private static let delay = DispatchTimeInterval.milliseconds(500)
    private static let mostPending = 512

    let database: DatabaseQueue
    /// Which articles the place in the feed is for: topics, joined by commas.
    private let filter: String
    /// How many articles are kept.
    private let capacity: Int
    private let lock = NSLock()
    /// Does what nobody waits for, in order.
    private let background = DispatchQueue(label: "articles-tui.state")
    private var pending: [FeedUpdate] = []
    private var isScheduled = false
    /// Something of the feed could not be written: its place must not be written without it.
    private var hasFailed = false
    private let report: @Sendable (String) -> Void

    /// - Parameter report: told when nothing can be written any more.
    private init(
        _ database: DatabaseQueue, filter: String, capacity: Int, report: @escaping @Sendable (String) -> Void
    ) {
        self.database = database
        self.filter = filter
        self.capacity = capacity
        self.report = report
    }

    /// Opens the file of a server, and makes it if there is none.
    ///
    /// - Returns: the file, or `nil` if there can be none; and what the user should know.
    static func open(
        directory: String, server: ServerURL, query: FeedQuery, capacity: Int, now: Timestamp,
        report: @escaping @Sendable (String) -> Void
    ) -> (file: StateFile?, problem: String?) {
        do {
            try FileManager.default.createDirectory(
                atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            return (nil, "nothing is kept: \(directory) can't be made")
        }
        let path = directory + "/" + fileName(server)
        let filter = query.filter.topics.joined(separator: ",")
        var problem: String?
        for _ in 0..<2 {
            do {
                return (StateFile(try connect(path), filter: filter, capacity: capacity, report: report), problem)
            } catch is NewerVersion {
                return (nil, "nothing is kept: \(path) is of a newer version")
            } catch let error as DatabaseError where [.SQLITE_CORRUPT, .SQLITE_NOTADB].contains(error.resultCode) {
                let name = "\(path).damaged-\(now.milliseconds / 1000)"
                guard rename(path, name) == 0 else { return (nil, "nothing is kept: \(path) is damaged") }
                for suffix in ["-wal", "-shm"] { unlink(path + suffix) }
                problem = "the state file was damaged and is now \(name)"
            } catch let error as DatabaseError {
                return (nil, "nothing is kept: \(path): \(error.message ?? "can't be opened")")
            } catch {
                return (nil, "nothing is kept: \(path) can't be opened")
            }
        }
        return (nil, problem)
    }

    /// Letters and digits of the server's address; different addresses have different names.
    static func fileName(_ server: ServerURL) -> String {
        let name = server.description.map { character -> String in
            character.isASCII && (character.isLetter || character.isNumber || ".-".contains(character))
                ? String(character) : "_" + String(character.unicodeScalars.first?.value ?? 0, radix: 16)
        }
        return "tui-" + name.joined() + ".sqlite"
    }

    private struct NewerVersion: Error {}

    private static func connect(_ path: String) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.label = "articles-tui"
        configuration.busyMode = .timeout(2)
        configuration.prepareDatabase { database in
            // KiB; the file itself is in the system's cache.
            try database.execute(sql: "PRAGMA cache_size = -512")
            // The write-ahead log keeps the file whole; the last moments before a power cut may be lost.
            try database.execute(sql: "PRAGMA journal_mode = WAL")
            try database.execute(sql: "PRAGMA synchronous = NORMAL")
        }
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        chmod(path, 0o600)
        try queue.write { database in
            let found = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
            guard found <= version else { throw NewerVersion() }
            try database.execute(sql: schema)
            try database.execute(sql: "PRAGMA user_version = \(version)")
            // Damage shows here rather than later.
            for table in ["articles", "read", "places", "outbox"] {
                _ = try Int.fetchOne(database, sql: "SELECT count(*) FROM \(table) WHERE rowid < 0")
            }
            _ = try GRDB.Row.fetchOne(database, sql: "SELECT * FROM articles ORDER BY id DESC LIMIT 1")
        }
        return queue
    }

    private static let schema = """
        CREATE TABLE IF NOT EXISTS articles (
            id INTEGER PRIMARY KEY, title TEXT NOT NULL, body BLOB NOT NULL, topic TEXT NOT NULL, author TEXT NOT NULL,
            published INTEGER NOT NULL, updated INTEGER
        );
        CREATE TABLE IF NOT EXISTS read (id INTEGER PRIMARY KEY);
        CREATE TABLE IF NOT EXISTS places (
            filter TEXT PRIMARY KEY, cursor TEXT, complete_from INTEGER, saved INTEGER NOT NULL
        );
        CREATE TABLE IF NOT EXISTS outbox (key TEXT PRIMARY KEY, entry BLOB NOT NULL, position INTEGER NOT NULL);
        """

    // MARK: - The feed

    /// Takes up what the feed brings; it is written soon.
    func note(_ update: FeedUpdate) {
        if case .state = update { return }
        let (isFull, isFirst) = lock.withLock { () -> (Bool, Bool) in
            guard !hasFailed else { return (false, false) }
            pending.append(update)
            defer { isScheduled = true }
            return (pending.count >= Self.mostPending, !isScheduled)
        }
        if isFull {
            write()
        } else if isFirst {
            background.asyncAfter(deadline: .now() + Self.delay) { self.write() }
        }
    }

    /// Writes what has been collected.
    func write() {
        guard lock.withLock({ !pending.isEmpty }) else { return }
        let isWritten = attempt { database in
            let updates = self.lock.withLock { () -> [FeedUpdate] in
                defer {
                    self.pending = []
                    self.isScheduled = false
                }
                return self.pending
            }
            guard !updates.isEmpty else { return }
            try self.write(updates, to: database)
        }
        if !isWritten { lock.withLock { hasFailed = true } }
    }

    private func write(_ updates: [FeedUpdate], to database: Database) throws {
        var place = try Place(database, filter: filter)
        for update in updates {
            switch update {
            case .state: break
            case .snapshot(let events):
                let oldest = events.map(\.id).min()
                let isKnown = place.completeFrom.map { $0 <= oldest ?? .max } ?? false
                if !isKnown { place.completeFrom = oldest }
                for event in events { try store(event, in: database) }
            case .event(let event):
                if place.completeFrom == nil, event.kind == .created { place.completeFrom = event.id }
                try store(event, in: database)
                place.cursor = event.cursor
            case .reset(let reason):
                // What comes next is not joined to what is there.
                place.completeFrom = nil
                // Other articles may have the ids of those that were kept.
                if reason == .forked { try database.execute(sql: "DELETE FROM articles") }
            case .caughtUp(let cursor):
                place.cursor = cursor
            }
        }
        try place.write(to: database, filter: filter)
        try trim(database)
    }

    private func store(_ event: FeedEvent, in database: Database) throws {
        if let article = event.article {
            try store(article, in: database)
        } else {
            try database.execute(sql: "DELETE FROM articles WHERE id = ?", arguments: [event.id])
        }
    }

    func store(_ article: Article, in database: Database) throws {
        // Bodies as bytes, for SQLite's texts end at NUL.
        try database.cachedStatement(sql: "INSERT OR REPLACE INTO articles VALUES (?, ?, ?, ?, ?, ?, ?)").execute(
            arguments: [
                article.id, article.title, Data(article.body.utf8), article.topic, article.author,
                article.published.milliseconds, article.updated?.milliseconds,
            ])
    }

    /// The oldest go.
    func trim(_ database: Database) throws {
        let count = try Int.fetchOne(database, sql: "SELECT count(*) FROM articles") ?? 0
        guard count > capacity + capacity / 20 else { return }
        try database.execute(
            sql: "DELETE FROM articles WHERE id IN (SELECT id FROM articles ORDER BY id LIMIT ?)",
            arguments: [count - capacity])
        let oldest = try Int64.fetchOne(database, sql: "SELECT min(id) FROM articles")
        try database.execute(
            sql: "UPDATE places SET complete_from = max(complete_from, ?)", arguments: [oldest ?? Int64.max])
    }

    // MARK: - Errors

    /// Does something in one transaction. A failure is told, and nothing else is lost by it.
    ///
    /// - Returns: whether it is done.
    @discardableResult
    func attempt(_ body: (Database) throws -> Void) -> Bool {
        do {
            try database.write(body)
            return true
        } catch let error as DatabaseError {
            report("the state can't be written: \(error.message ?? "\(error.resultCode)")")
        } catch {
            report("the state can't be written: \(error)")
        }
        return false
    }

    /// Does something in the background, before the file is closed.
    func later(_ body: @escaping @Sendable (StateFile) -> Void) {
        background.async { body(self) }
    }

    func close() {
        background.sync {}
        write()
        try? database.close()
    }
}

/// Where the feed goes on, for one choice of topics.
struct Place {
    var cursor: Core.Cursor?
    var completeFrom: Int64?
    var saved: Timestamp?

    init(_ database: Database, filter: String) throws {
        guard
            let row = try GRDB.Row.fetchOne(
                database, sql: "SELECT cursor, complete_from, saved FROM places WHERE filter = ?", arguments: [filter])
        else { return }
        cursor = (row[0] as String?).flatMap { Core.Cursor($0) }
        completeFrom = row[1]
        saved = (row[2] as Int64?).map { Timestamp(milliseconds: $0) }
    }

    func write(to database: Database, filter: String) throws {
        try database.execute(
            sql: "INSERT OR REPLACE INTO places VALUES (?, ?, ?, ?)",
            arguments: [filter, cursor?.description, completeFrom, Timestamp.now.milliseconds])
    }
}
