import Core
import Testing

@testable import articled

@Suite("Every store")
struct StoreTests {
    private let now = Timestamp(milliseconds: 1_000_000_000_000)

    private func create(_ title: String, topic: String = "news", key: String? = nil, fingerprint: UInt8 = 1)
        -> WriteCommand
    {
        .create(
            ArticleDraft(title: title, topic: topic), by: publisher,
            key: key.map { IdempotencyKey(name: $0, fingerprint: [fingerprint]) })
    }

    private func events(_ store: any Store, after seq: Int64 = 0) async throws -> [CommittedEvent] {
        try await store.events(after: seq, maxEvents: 100, maxBytes: 100_000)
    }

    @Test("ids are never used again", arguments: StoreUnderTest.allCases)
    func ids(_ kind: StoreUnderTest) async throws {
        let store = try kind.open()
        _ = try store.commit([create("a"), create("b"), .delete(id: 2, by: publisher, ifMatch: nil)], at: now, term: 1)
        let result = try store.commit([create("c")], at: now, term: 1)
        guard case .created(let created) = result.outcomes[0] else {
            Issue.record("not created")
            return
        }
        #expect(created.id == 3)
    }

    @Test("a refused command changes nothing and does not touch the others", arguments: StoreUnderTest.allCases)
    func refusal(_ kind: StoreUnderTest) async throws {
        let store = try kind.open()
        let result = try store.commit(
            [
                create("a"), .delete(id: 99, by: publisher, ifMatch: nil),
                .update(id: 1, ArticlePatch(title: "x"), by: publisher, ifMatch: .oneOf(["\"no\""])), create("b"),
            ],
            at: now, term: 1)
        #expect(try await events(store).map(\.cursor.seq) == [1, 2])
        guard case .refused(let missing) = result.outcomes[1], case .refused(let changed) = result.outcomes[2] else {
            Issue.record("not refused")
            return
        }
        #expect(missing.code == .notFound && changed.code == .preconditionFailed)
        #expect(try await store.article(id: 1)?.article.title == "a")
    }

    @Test("a change of topic is remembered with the event", arguments: StoreUnderTest.allCases)
    func topicChange(_ kind: StoreUnderTest) async throws {
        let store = try kind.open()
        _ = try store.commit(
            [create("a", topic: "old"), .update(id: 1, ArticlePatch(topic: "new"), by: publisher, ifMatch: nil)],
            at: now, term: 1)
        let page = try await events(store, after: 1)
        #expect(page.map(\.topic) == ["new"] && page.map(\.previousTopic) == ["old"])
    }

    @Test(
        "the same key posts once; with another request it is refused; after its time it is forgotten",
        arguments: StoreUnderTest.allCases)
    func idempotency(_ kind: StoreUnderTest) async throws {
        let store = try kind.open()
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
        #expect(error.code == .unprocessable)
        #expect(try await events(store).count == 1)
        let later = Timestamp(milliseconds: now.milliseconds + 24 * 3_600_000 + 1)
        _ = try store.commit([create("a", key: "k")], at: later, term: 1)
        #expect(try await events(store).count == 2)
    }

    @Test("what is too much or too old is no longer kept, and the history says so", arguments: StoreUnderTest.allCases)
    func retention(_ kind: StoreUnderTest) async throws {
        var limits = StoreLimits()
        limits.maxEvents = 3
        let store = try kind.open(limits: limits)
        _ = try store.commit((1...10).map { create("\($0)") }, at: now, term: 1)
        #expect(try store.history().oldestSeq == 8)
        let late = Timestamp(milliseconds: now.milliseconds + limits.maxEventAge + 1)
        _ = try store.commit([create("late")], at: late, term: 1)
        #expect(try store.history().oldestSeq == 11)
        #expect(try await store.articles(ArticleQuery(limit: 100)).count == 11)
    }

    @Test(
        "when the clock was set back, younger events that look older do not go before the oldest",
        arguments: StoreUnderTest.allCases)
    func retentionWithoutHoles(_ kind: StoreUnderTest) async throws {
        let limits = StoreLimits()
        let store = try kind.open(limits: limits)
        let ahead = Timestamp(milliseconds: now.milliseconds + 365 * 86_400_000)
        _ = try store.commit([create("ahead")], at: ahead, term: 1)
        _ = try store.commit([create("a"), create("b")], at: now, term: 1)
        let later = Timestamp(milliseconds: now.milliseconds + limits.maxEventAge + 1)
        _ = try store.commit([create("later")], at: later, term: 1)
        #expect(try store.history().oldestSeq == 1)
        let kept = try await store.events(after: 0, maxEvents: 10, maxBytes: 10_000)
        #expect(kept.map(\.cursor.seq) == [1, 2, 3, 4])
        let afterAll = Timestamp(milliseconds: ahead.milliseconds + limits.maxEventAge + 1)
        _ = try store.commit([create("last")], at: afterAll, term: 1)
        #expect(try store.history().oldestSeq == 5)
    }

    @Test(
        "a snapshot has the newest articles as they are now, oldest first, at one place of the feed",
        arguments: StoreUnderTest.allCases)
    func snapshot(_ kind: StoreUnderTest) async throws {
        let store = try kind.open()
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

    @Test("text is kept to the byte, NUL included", arguments: StoreUnderTest.allCases)
    func bytes(_ kind: StoreUnderTest) async throws {
        let store = try kind.open()
        let body = "a\0b\u{FEFF}e\u{301}😀"
        _ = try store.commit([.create(ArticleDraft(title: "t", body: body), by: publisher, key: nil)], at: now, term: 1)
        #expect(try await store.article(id: 1).map { Array($0.article.body.utf8) } == Array(body.utf8))
    }

    @Test("searching takes % and _ as they are", arguments: StoreUnderTest.allCases)
    func search(_ kind: StoreUnderTest) async throws {
        let store = try kind.open()
        _ = try store.commit([create("100%"), create("100x"), create("a_b"), create("aXb")], at: now, term: 1)
        #expect(try await store.articles(ArticleQuery(text: "0%", limit: 9)).map(\.title) == ["100%"])
        #expect(try await store.articles(ArticleQuery(text: "A_B", limit: 9)).map(\.title) == ["a_b"])
    }

    @Test("a ticket is good once, and stands for whom it was made", arguments: StoreUnderTest.allCases)
    func tickets(_ kind: StoreUnderTest) async throws {
        let store = try kind.open()
        for credential in [Credential.localToken, .token(id: 3), .session(id: 4), .password(account: 5)] {
            let principal = Principal(name: "ada", role: .editor, credential: credential)
            let secret = Secret()
            try await store.keep(secret.hash, of: principal)
            #expect(try await store.redeem(Secret().hash) == nil)
            #expect(try await store.redeem(secret.hash) == principal)
            #expect(try await store.redeem(secret.hash) == nil)
        }
    }

    @Test(
        "the audit log tells who did what, when and how, of everything or of one article",
        arguments: StoreUnderTest.allCases)
    func audit(_ kind: StoreUnderTest) async throws {
        let store = try kind.open()
        _ = try store.commit(
            [
                create("a"), create("b"),
                .update(id: 1, ArticlePatch(title: "A \"1\"", body: "new"), by: publisher, ifMatch: nil),
                .update(id: 1, ArticlePatch(topic: "x"), by: publisher, ifMatch: nil),
                .delete(id: 2, by: publisher, ifMatch: nil),
            ], at: now, term: 1)
        let bob = AuditActor(name: "Bob", address: "192.0.2.2")
        try await store.record(AuditRecord(actor: bob, action: .loginFailed, detail: "no such account"), at: now)
        let all = try await store.audit(AuditQuery(limit: 10))
        #expect(
            all.map(\.action) == [
                .loginFailed, .articleDeleted, .articleChanged, .articleChanged, .articleCreated, .articleCreated,
            ])
        #expect(all.map(\.subject) == [nil, "b", "A \"1\"", "A \"1\"", nil, "A \"1\""])
        #expect(all[0].actor == bob && all[0].detail == "no such account" && all[0].at == now)
        #expect(all[3].detail == "title was “a”, body" && all[2].detail == "topic was news")
        #expect(
            try await store.audit(AuditQuery(article: 1, limit: 10)).map(\.id) == [all[2], all[3], all[5]].map(\.id))
        #expect(try await store.audit(AuditQuery(article: 1, before: all[3].id, limit: 10)).map(\.id) == [all[5].id])
        #expect(try await store.audit(AuditQuery(account: "bob", limit: 10)).map(\.id) == [all[0].id])
        #expect(try await store.audit(AuditQuery(action: .articleChanged, before: all[2].id, limit: 9)).count == 1)
        #expect(try await store.audit(AuditQuery(limit: 2)).map(\.id) == all.prefix(2).map(\.id))
    }

    @Test("lists are paged by id in both directions, by topics, and counted", arguments: StoreUnderTest.allCases)
    func lists(_ kind: StoreUnderTest) async throws {
        let store = try kind.open()
        _ = try store.commit((1...9).map { create("t\($0)", topic: ["a", "b", "c"][$0 % 3]) }, at: now, term: 1)
        func ids(_ query: ArticleQuery) async throws -> [Int64] { try await store.articles(query).map(\.id) }
        #expect(try await ids(ArticleQuery(limit: 3)) == [9, 8, 7])
        #expect(try await ids(ArticleQuery(before: 7, limit: 3)) == [6, 5, 4])
        #expect(try await ids(ArticleQuery(after: 2, limit: 3)) == [3, 4, 5])
        #expect(try await ids(ArticleQuery(filter: .only(["a", "b"]), limit: 4)) == [9, 7, 6, 4])
        #expect(try await ids(ArticleQuery(filter: .only(["a", "b"]), before: 6, limit: 2)) == [4, 3])
        #expect(try await ids(ArticleQuery(filter: .only(["c"]), after: 2, limit: 2)) == [5, 8])
        let page = try await store.listing(ArticleQuery(filter: .only(["b"]), limit: 2), skipping: 1)
        #expect(page.articles.map(\.id) == [4, 1] && page.total == 3)
        let found = try await store.listing(ArticleQuery(text: "T", limit: 2), skipping: 8)
        #expect(found.articles.map(\.id) == [1] && found.total == 9)
        #expect(try await store.topics().map(\.topic) == ["a", "b", "c"])
        _ = try store.commit(
            [
                .update(id: 1, ArticlePatch(topic: "a"), by: publisher, ifMatch: .any),
                .delete(id: 2, by: publisher, ifMatch: nil),
            ],
            at: now, term: 1)
        let topics = try await store.topics()
        #expect(topics.map(\.topic) == ["a", "b", "c"] && topics.map(\.count) == [4, 2, 2])
        #expect(try await store.size().articles == 8)
    }
}
