import Core
import Logging
import Testing

@testable import articled

@Suite("The shared store")
struct RedisStoreTests {
    private func open(_ configure: (inout RedisConfiguration) -> Void = { _ in }) throws -> RedisStore {
        var configuration = RedisConfiguration(
            location: try RedisLocation("redis://127.0.0.1:\(RedisServer.shared.get().port)?feed=\(Secret().text)"))
        configure(&configuration)
        return RedisStore(configuration, logger: Logger(label: "test"))
    }

    private func create(_ title: String, key: String? = nil) -> WriteCommand {
        .create(
            ArticleDraft(title: title), by: publisher, key: key.map { IdempotencyKey(name: $0, fingerprint: [1]) })
    }

    @Test("a term begins when the primary's replication id has changed, with another mark each time")
    func terms() async throws {
        let store = try open()
        for _ in 0..<3 {
            _ = try store.commit([create("a"), create("b")], at: .now, term: 1)
            _ = try store.commit([create("c")], at: .now, term: 1)
            _ = try await store.ask { try $0.perform(RedisCommand("DEBUG", "CHANGE-REPL-ID")) }
        }
        let terms = try store.history().terms
        #expect(terms.map(\.firstSeq) == [1, 4, 7])
        #expect(terms[0].nonce == 1 && Set(terms.map(\.nonce)).count == 3)
        let events = try await store.events(after: 0, maxEvents: 100, maxBytes: 100_000)
        #expect(events.map(\.cursor.seq) == Array(1...9))
        #expect(events.map(\.cursor.nonce) == terms.flatMap { [$0.nonce, $0.nonce, $0.nonce] })
    }

    @Test("without enough replicas everything that was stored is to be repeated, and repeated it is stored once")
    func replicas() async throws {
        let store = try open {
            $0.minReplicas = 1
            $0.replicaTimeout = 50
        }
        for _ in 0..<2 {
            let outcomes = try store.commit(
                [create("a", key: "k"), .delete(id: 9, by: publisher, ifMatch: nil)], at: .now, term: 1
            ).outcomes
            guard case .refused(let lacking) = outcomes[0], case .refused(let missing) = outcomes[1] else {
                Issue.record("acknowledged")
                return
            }
            #expect(lacking.code == .unavailable && lacking.retryAfter != nil && missing.code == .notFound)
        }
        #expect(try store.history().newestSeq == 1)
    }

    @Test("many commands at once are carried out in their order")
    func many() async throws {
        let store = try open()
        let outcomes = try store.commit((1...300).map { create("\($0)") }, at: .now, term: 1).outcomes
        let ids = outcomes.map { outcome in if case .created(let article) = outcome { article.id } else { Int64(0) } }
        #expect(ids == Array(1...300))
    }

    @Test("two nodes that change accounts at once come to the same, and each hears of the other")
    func accounts() async throws {
        let store = try open()
        let other = RedisStore(store.configuration, logger: Logger(label: "test"))
        var limits = Accounts.Limits()
        limits.passwordCost.logRounds = 4
        let (here, there) = (
            try Accounts(store: store, localToken: nil, limits: limits),
            try Accounts(store: other, localToken: nil, limits: limits)
        )
        try await withThrowingTaskGroup { group in
            for (index, accounts) in [here, there, here, there, here, there].enumerated() {
                group.addTask {
                    try await accounts.administration(by: publisher)
                        .addAccount("user\(index)", role: .editor, password: "correct horse")
                }
            }
            try await group.waitForAll()
        }
        // Whoever plans a change with too little is told what is missing.
        for accounts in [here, there] {
            await #expect(throws: ServiceError.self) {
                try await accounts.administration(by: publisher)
                    .addAccount("USER5", role: .editor, password: "correct horse")
            }
        }
        let names = (0..<6).map { "user\($0)" }
        try await here.administration(by: publisher).setRole(of: "user0", to: .viewer)
        try await there.administration(by: publisher).setRole(of: "user1", to: .viewer)
        #expect(there.accountSummaries().map(\.name) == names)
        #expect(try #require(try other.credentials()).accounts.map(\.id).sorted() == Array(1...6))
    }
}
