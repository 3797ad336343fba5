import Core
import Foundation
import GRDB
import Testing

@testable import articled

#if canImport(Glibc)
    import Glibc
#endif

@Suite("Checking, backing up and restoring")
struct BackupTests {
    private let now = Timestamp(milliseconds: 1_000_000_000_000)

    private func withDirectory(_ body: (DataDirectory) async throws -> Void) async throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("backup-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try await body(DataDirectory(path))
    }

    private func create(_ title: String, body: String = "") -> WriteCommand {
        .create(ArticleDraft(title: title, body: body), by: publisher, key: nil)
    }

    /// Three articles of two terms: one as it was, one changed, one deleted.
    private func fill(_ directory: DataDirectory) throws {
        var store = try SQLiteStore.open(in: directory)
        _ = try store.commit([create("a"), create("b"), create("c")], at: now, term: 1)
        try store.close()
        store = try SQLiteStore.open(in: directory)
        _ = try store.commit(
            [
                .update(id: 1, ArticlePatch(title: "A"), by: publisher, ifMatch: nil),
                .delete(id: 2, by: publisher, ifMatch: nil),
            ], at: now, term: 2)
        try store.close()
    }

    private func problems(_ path: String) throws -> [String] {
        let queue = try DatabaseCopy.open(path)
        defer { try? queue.close() }
        return try DatabaseCheck.run(queue, path: path).findings.flatMap(\.problems)
    }

    private func copy(_ directory: DataDirectory) throws -> String {
        let file = directory.path + "/copy.sqlite"
        try DatabaseCopy(source: directory.databaseFile).write(to: file) { _ in }
        return file
    }

    @Test("a database that was used in every way has no problems")
    func sound() async throws {
        try await withDirectory { directory in
            try fill(directory)
            #expect(try problems(directory.databaseFile) == [])
        }
    }

    @Test(
        "what breaks a rule of the feed is found and named",
        arguments: [
            ("DELETE FROM events WHERE seq = 2", "event 2 is missing"),
            ("DELETE FROM events WHERE seq = 5", "event 5 is missing"),
            ("UPDATE sqlite_sequence SET seq = 4 WHERE name = 'events'", "beyond the newest"),
            ("UPDATE events SET json = x'7b' WHERE seq = 3", "event 3 has no JSON"),
            ("UPDATE events SET nonce = 9 WHERE seq = 3", "event 3 has not the mark of its term"),
            (
                "UPDATE events SET json = CAST(replace(CAST(json AS TEXT), '3-', '4-') AS BLOB) WHERE seq = 3",
                "event 3 says to be 4-"
            ),
            ("UPDATE terms SET nonce = 1", "the same mark"),
            ("INSERT INTO terms VALUES (6, 77)", "the term from event 6"),
            ("UPDATE articles SET version_nonce = 9 WHERE id = 3", "article 3 has a cursor of no term"),
            ("DELETE FROM articles WHERE id = 3", "article 3, of event 3, is not there"),
            ("UPDATE articles SET id = 2 WHERE id = 3", "article 2, deleted by event 5, is there"),
            (
                "UPDATE articles SET created_seq = 5, created_nonce = 2, version_seq = 5, version_nonce = 2 WHERE id = 3",
                "article 3 was never told of"
            ),
            ("UPDATE articles SET title = '' WHERE id = 3", "article 3 has a title"),
            ("UPDATE events SET kind = 'moved' WHERE seq = 4", "event 4 is of an unknown kind"),
            (
                "PRAGMA foreign_keys = OFF; INSERT INTO sessions VALUES (1, x'00', 9, 0, 0, '', '')",
                "refers to accounts"
            ),
        ])
    func broken(sql: String, problem: String) async throws {
        try await withDirectory { directory in
            try fill(directory)
            let queue = try DatabaseQueue(path: directory.databaseFile)
            try queue.writeWithoutTransaction { try $0.execute(sql: sql) }
            try queue.close()
            let found = try problems(directory.databaseFile)
            #expect(found.contains { $0.contains(problem) }, "\(found)")
        }
    }

    @Test("a copy is one whole file, also of a database that is written to, with what is in its log")
    func copying() async throws {
        try await withDirectory { directory in
            let store = try SQLiteStore.open(in: directory)
            _ = try store.commit([create("a"), create("b")], at: now, term: 1)
            let file = try copy(directory)
            #expect(try problems(file) == [])
            #expect(!FileManager.default.fileExists(atPath: file + "-wal"))
            _ = try store.commit([create("c")], at: now, term: 1)
            let queue = try DatabaseCopy.open(file)
            #expect(try await queue.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM articles") } == 2)
            try queue.close()
            try store.close()
        }
    }

    @Test("a file that has come while the copy was made is not replaced unasked")
    func race() async throws {
        try await withDirectory { directory in
            let target = directory.path + "/copy.sqlite"
            let pending = try PendingFile(for: target)
            try "somebody else's".write(toFile: target, atomically: false, encoding: .utf8)
            #expect(throws: StoreError.self) { try pending.publish(replacing: false) }
            #expect(try String(contentsOfFile: target, encoding: .utf8) == "somebody else's")
            pending.discard()
            #expect(!FileManager.default.fileExists(atPath: pending.path))
        }
    }

    @Test("commits in between do not begin a copy anew")
    func copyingSteps() async throws {
        try await withDirectory { directory in
            let store = try SQLiteStore.open(in: directory)
            let bodies = (0..<100).map { create("\($0)", body: String(repeating: "x", count: 60_000)) }
            _ = try store.commit(bodies, at: now, term: 1)
            let file = directory.path + "/copy.sqlite"
            var shares: [Double] = []
            try DatabaseCopy(source: directory.databaseFile).write(to: file) { share in
                shares.append(share)
                _ = try store.commit([create("meanwhile")], at: now, term: 1)
            }
            #expect(shares.count > 3 && shares == shares.sorted() && shares.last == 1)
            let queue = try DatabaseCopy.open(file)
            #expect(try await queue.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM articles") } == 100)
            try queue.close()
            try store.close()
        }
    }

    @Test("a restored history is another one for who has seen more, and ids are not used again")
    func restoring() async throws {
        try await withDirectory { directory in
            var store = try SQLiteStore.open(in: directory)
            _ = try store.commit([create("a"), create("b")], at: now, term: 1)
            let file = try copy(directory)
            let later = try store.commit([create("c"), create("d")], at: now, term: 1)
            try store.close()
            let result = try Restoration(backup: file, directory: directory).run(at: Date()) { _ in }
            #expect(result.contents.articles == 2 && result.contents.newest.seq == 2)
            #expect(try problems(directory.databaseFile) == [])
            #expect(try problems(try #require(result.replaced)) == [])
            store = try SQLiteStore.open(in: directory)
            let seen = try #require(later.events.last?.cursor)
            #expect(try store.history().resumption(after: seen) == .reset(.forked))
            #expect(try store.history().resumption(after: Core.Cursor(seq: 2, nonce: 1)) == .resume(afterSeq: 2))
            let outcome = try store.commit([create("e"), create("f")], at: now, term: 2)
            guard case .created(let created) = outcome.outcomes[0] else { Issue.record(); return }
            #expect(created.id == 5)
            #expect(try store.history().resumption(after: seen) == .reset(.forked))
            try store.close()
            #expect(try problems(directory.databaseFile) == [])
        }
    }

    /// Files by their names, as a crash at this moment would leave them.
    private func files(_ directory: String) throws -> [String: String] {
        var found: [String: String] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: directory) where name.hasPrefix("d") {
            found[name] = try String(contentsOfFile: directory + "/" + name, encoding: .utf8)
        }
        return found
    }

    private func withDatabase(_ body: (String) throws -> Void) throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("aside-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: path) }
        for (name, text) in [("d", "pages"), ("d-wal", "log"), ("d-shm", "memory")] {
            try text.write(toFile: path + "/" + name, atomically: true, encoding: .utf8)
        }
        try body(path)
    }

    @Test("a database that is set aside is whole under one of its names at every step, its log with it")
    func steps() throws {
        try withDatabase { path in
            let old = try ReplacedDatabase(path + "/d", path: path + "/d.old")
            let both = ["d": "pages", "d-wal": "log", "d-shm": "memory", "d.old": "pages", "d.old-wal": "log"]
            #expect(try files(path) == both)
            try old.release()
            #expect(try files(path) == ["d": "pages", "d.old": "pages", "d.old-wal": "log"])
        }
    }

    @Test("a database that could not be set aside is what it was", arguments: ["d.old", "d.old-wal"])
    func occupied(name: String) throws {
        try withDatabase { path in
            try "another's".write(toFile: path + "/" + name, atomically: true, encoding: .utf8)
            let before = try files(path)
            #expect(throws: StoreError.self) { try ReplacedDatabase(path + "/d", path: path + "/d.old") }
            #expect(try files(path) == before)
        }
    }

    @Test("setting aside is undone before and after the log was taken away", arguments: [false, true])
    func undone(isReleased: Bool) throws {
        try withDatabase { path in
            let old = try ReplacedDatabase(path + "/d", path: path + "/d.old")
            if isReleased { try old.release() }
            old.undo()
            var left = try files(path)
            left["d-shm"] = nil
            #expect(left == ["d": "pages", "d-wal": "log"])
        }
    }

    @Test("a log that can't be taken away, and so is in the way of the new database, is no reason to lose the old one")
    func stuck() throws {
        try withDatabase { path in
            try FileManager.default.removeItem(atPath: path + "/d-shm")
            try FileManager.default.createDirectory(atPath: path + "/d-shm", withIntermediateDirectories: true)
            let old = try ReplacedDatabase(path + "/d", path: path + "/d.old")
            #expect(throws: StoreError.self) { try old.release() }
            old.undo()
            try FileManager.default.removeItem(atPath: path + "/d-shm")
            #expect(try files(path) == ["d": "pages", "d-wal": "log"])
        }
    }

    @Test("what is no backup is refused, and the database stays what it was")
    func refused() async throws {
        try await withDirectory { directory in
            try fill(directory)
            let before = try Data(contentsOf: URL(fileURLWithPath: directory.databaseFile))
            let file = directory.path + "/bad.sqlite"
            try Data("not a database, whatever it is called".utf8).write(to: URL(fileURLWithPath: file))
            #expect(throws: StoreError.self) {
                try Restoration(backup: file, directory: directory).run(at: Date()) { _ in }
            }
            #expect(throws: StoreError.self) {
                try Restoration(backup: directory.databaseFile, directory: directory).run(at: Date()) { _ in }
            }
            #expect(try Data(contentsOf: URL(fileURLWithPath: directory.databaseFile)) == before)
            #expect(
                try FileManager.default.contentsOfDirectory(atPath: directory.path).allSatisfy {
                    !$0.contains("partial")
                })
        }
    }

    @Test("what root makes in the daemon's directory is the daemon's, and nothing that it has put there itself")
    func owner() async throws {
        // Only root can give anything away.
        guard geteuid() == 0 else { return }
        try await withDirectory { directory in
            try FileManager.default.setAttributes([.ownerAccountID: 4242], ofItemAtPath: directory.path)
            let store = try SQLiteStore.open(in: directory)
            for suffix in ["", "-wal", "-shm"] {
                let attributes = try FileManager.default.attributesOfItem(atPath: directory.databaseFile + suffix)
                #expect(attributes[.ownerAccountID] as? Int == 4242, "\(suffix)")
            }
            try store.close()
            let (secret, link) = (directory.path + "/secret", directory.path + "/link")
            try Data("root's".utf8).write(to: URL(fileURLWithPath: secret))
            for isSymbolic in [true, false] {
                if isSymbolic {
                    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: secret)
                } else {
                    try FileManager.default.linkItem(atPath: secret, toPath: link)
                }
                try directory.giveToOwner(link)
                #expect(try FileManager.default.attributesOfItem(atPath: secret)[.ownerAccountID] as? Int == 0)
                try FileManager.default.removeItem(atPath: link)
            }
        }
    }

    @Test("space that nothing uses is given back, a little at a time, and what is used stays")
    func space() async throws {
        try await withDirectory { directory in
            var limits = StoreLimits()
            limits.maxEvents = 1
            let store = try SQLiteStore.open(in: directory, limits: limits)
            let bodies = (0..<60).map { create("\($0)", body: String(repeating: "x", count: 60_000)) }
            _ = try store.commit(bodies, at: now, term: 1)
            _ = try store.commit((1..<60).map { .delete(id: $0, by: publisher, ifMatch: nil) }, at: now, term: 1)
            #expect(try await store.giveBackSpace() == 0, "a few MiB may stay")
            #expect(try await store.giveBackSpace(keeping: 10) > 3_000_000)
            let left = try await store.database.read { try Int.fetchOne($0, sql: "PRAGMA freelist_count") ?? 0 }
            #expect(left <= 10)
            _ = try store.commit([create("after")], at: now, term: 1)
            try store.close()
            #expect(try problems(directory.databaseFile) == [])
            let size = try FileManager.default.attributesOfItem(atPath: directory.databaseFile)[.size] as? Int
            #expect(try #require(size) < 1_000_000)
        }
    }
}
