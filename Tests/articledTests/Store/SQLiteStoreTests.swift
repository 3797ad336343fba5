import Core
import Foundation
import GRDB
import Testing

@testable import articled

@Suite("The embedded store")
struct SQLiteStoreTests {
    private let now = Timestamp(milliseconds: 1_000_000_000_000)

    private func withDirectory(_ body: (DataDirectory) async throws -> Void) async throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("store-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try await body(DataDirectory(path))
    }

    private func create(_ title: String, topic: String = "news", key: String? = nil, fingerprint: UInt8 = 1)
        -> WriteCommand
    {
        .create(
            ArticleDraft(title: title, topic: topic), by: publisher,
            key: key.map { IdempotencyKey(name: $0, fingerprint: [fingerprint]) })
    }

    @Test("the write-ahead log has its length from the start, and the database nothing of what gave it that")
    func logLength() async throws {
        try await withDirectory { directory in
            let store = try SQLiteStore.open(in: directory)
            let attributes = try FileManager.default.attributesOfItem(atPath: directory.databaseFile + "-wal")
            let length = (attributes[.size] as? Int) ?? 0
            #expect(length > 1000 * 4096)
            let pages = try await store.database.read { try Int.fetchOne($0, sql: "PRAGMA page_count") ?? 0 }
            #expect(pages < 100)
            #expect(try await store.database.read { try !$0.tableExists("spill") })
            _ = try store.commit([create("a")], at: now, term: 1)
            #expect(
                try FileManager.default.attributesOfItem(atPath: directory.databaseFile + "-wal")[.size] as? Int
                    == length)
            try store.close()
        }
    }

    @Test("events are numbered without gaps, over restarts, each start in a term of its own")
    func terms() async throws {
        try await withDirectory { directory in
            for term in 1...3 as ClosedRange<UInt32> {
                let store = try SQLiteStore.open(in: directory)
                let result = try store.commit([create("a"), create("b")], at: now, term: term)
                #expect(result.events.map(\.cursor.seq) == [Int64(term) * 2 - 1, Int64(term) * 2])
                try store.close()
            }
            let history = try SQLiteStore.open(in: directory).history()
            #expect(history.terms == [1, 2, 3].map { Term(firstSeq: Int64($0) * 2 - 1, nonce: UInt32($0)) })
            #expect(history.newestSeq == 6)
        }
    }

    @Test("a start without writes leaves no term")
    func quietStart() async throws {
        try await withDirectory { directory in
            try SQLiteStore.open(in: directory).close()
            #expect(try SQLiteStore.open(in: directory).history() == FeedHistory())
        }
    }

    @Test("commits survive the machine: WAL and synchronous=FULL")
    func durability() async throws {
        try await withDirectory { directory in
            let store = try SQLiteStore.open(in: directory)
            let (synchronous, journal) = try store.database.writeWithoutTransaction { database in
                (
                    try Int.fetchOne(database, sql: "PRAGMA synchronous"),
                    try String.fetchOne(database, sql: "PRAGMA journal_mode")
                )
            }
            #expect(synchronous == 2 && journal == "wal")
        }
    }

    @Test("ids are never used again")
    func ids() async throws {
        let store = try SQLiteStore.inMemory()
        _ = try store.commit([create("a"), create("b"), .delete(id: 2, by: publisher, ifMatch: nil)], at: now, term: 1)
        let result = try store.commit([create("c")], at: now, term: 1)
        guard case .created(let created) = result.outcomes[0] else {
            Issue.record("not created")
            return
        }
        #expect(created.id == 3)
    }

    @Test("a refused command changes nothing and does not touch the others")
    func refusal() async throws {
        let store = try SQLiteStore.inMemory()
        let result = try store.commit(
            [
                create("a"), .delete(id: 99, by: publisher, ifMatch: nil),
                .update(id: 1, ArticlePatch(title: "x"), by: publisher, ifMatch: .oneOf(["\"no\""])), create("b"),
            ],
            at: now, term: 1)
        #expect(result.events.map(\.cursor.seq) == [1, 2])
        guard case .refused(let missing) = result.outcomes[1], case .refused(let changed) = result.outcomes[2] else {
            Issue.record("not refused")
            return
        }
        #expect(missing.code == .notFound && changed.code == .preconditionFailed)
        #expect(try await store.article(id: 1)?.article.title == "a")
    }

    @Test("a change of topic is remembered with the event")
    func topicChange() async throws {
        let store = try SQLiteStore.inMemory()
        let result = try store.commit(
            [create("a", topic: "old"), .update(id: 1, ArticlePatch(topic: "new"), by: publisher, ifMatch: nil)],
            at: now, term: 1)
        #expect(result.events[1].topic == "new" && result.events[1].previousTopic == "old")
        let page = try await store.events(after: 1, maxEvents: 10, maxBytes: 10_000)
        #expect(page == [result.events[1]])
    }

    @Test("the same key posts once; with another request it is refused; after its time it is forgotten")
    func idempotency() async throws {
        let store = try SQLiteStore.inMemory()
        let first = try store.commit([create("a", key: "k")], at: now, term: 1)
        guard case .created(let created) = first.outcomes[0] else {
            Issue.record("not created")
            return
        }
        let second = try store.commit([create("a", key: "k"), create("b", key: "k", fingerprint: 2)], at: now, term: 1)
        guard case .repeated(let answer) = second.outcomes[0], case .refused(let error) = second.outcomes[1] else {
            Issue.record("not repeated")
            return
        }
        #expect(answer == created.json)
        #expect(error.code == .unprocessable && second.events.isEmpty)
        let later = Timestamp(milliseconds: now.milliseconds + 24 * 3_600_000 + 1)
        #expect(try store.commit([create("a", key: "k")], at: later, term: 1).events.count == 1)
    }

    @Test("what is too much or too old is no longer kept, and the history says so")
    func retention() async throws {
        var limits = SQLiteStore.Limits()
        limits.maxEvents = 3
        let store = try SQLiteStore.inMemory(limits: limits)
        let result = try store.commit((1...10).map { create("\($0)") }, at: now, term: 1)
        #expect(result.oldestSeq == 8)
        #expect(try store.history().oldestSeq == 8)
        let late = Timestamp(milliseconds: now.milliseconds + limits.maxEventAge + 1)
        #expect(try store.commit([create("late")], at: late, term: 1).oldestSeq == 11)
        #expect(try await store.articles(ArticleQuery(limit: 100)).count == 11)
    }

    @Test("when the clock was set back, younger events that look older do not go before the oldest")
    func retentionWithoutHoles() async throws {
        let limits = SQLiteStore.Limits()
        let store = try SQLiteStore.inMemory(limits: limits)
        let ahead = Timestamp(milliseconds: now.milliseconds + 365 * 86_400_000)
        _ = try store.commit([create("ahead")], at: ahead, term: 1)
        _ = try store.commit([create("a"), create("b")], at: now, term: 1)
        let later = Timestamp(milliseconds: now.milliseconds + limits.maxEventAge + 1)
        #expect(try store.commit([create("later")], at: later, term: 1).oldestSeq == 1)
        let kept = try await store.events(after: 0, maxEvents: 10, maxBytes: 10_000)
        #expect(kept.map(\.cursor.seq) == [1, 2, 3, 4])
        let afterAll = Timestamp(milliseconds: ahead.milliseconds + limits.maxEventAge + 1)
        #expect(try store.commit([create("last")], at: afterAll, term: 1).oldestSeq == 5)
    }

    @Test("a snapshot has the newest articles as they are now, oldest first, at one place of the feed")
    func snapshot() async throws {
        let store = try SQLiteStore.inMemory()
        _ = try store.commit(
            [
                create("a"), create("b"), create("c"),
                .update(id: 2, ArticlePatch(title: "B"), by: publisher, ifMatch: nil),
                .delete(id: 3, by: publisher, ifMatch: nil), create("d", topic: "x"),
            ],
            at: now, term: 5)
        let snapshot = try await store.snapshot(last: 2, filter: .all)
        #expect(snapshot.cursor == Cursor(seq: 6, nonce: 5))
        #expect(snapshot.events.map { $0.article?.title } == ["B", "d"])
        #expect(snapshot.events.map(\.cursor.seq) == [2, 6])
        #expect(try await store.snapshot(last: 5, filter: .only(["x"])).events.count == 1)
    }

    @Test("text is kept to the byte, NUL included")
    func bytes() async throws {
        let store = try SQLiteStore.inMemory()
        let body = "a\0b\u{FEFF}e\u{301}😀"
        _ = try store.commit([.create(ArticleDraft(title: "t", body: body), by: publisher, key: nil)], at: now, term: 1)
        #expect(try await store.article(id: 1).map { Array($0.article.body.utf8) } == Array(body.utf8))
    }

    @Test("searching takes % and _ as they are")
    func search() async throws {
        let store = try SQLiteStore.inMemory()
        _ = try store.commit([create("100%"), create("100x"), create("a_b"), create("aXb")], at: now, term: 1)
        #expect(try await store.articles(ArticleQuery(text: "0%", limit: 9)).map(\.title) == ["100%"])
        #expect(try await store.articles(ArticleQuery(text: "A_B", limit: 9)).map(\.title) == ["a_b"])
    }
}
