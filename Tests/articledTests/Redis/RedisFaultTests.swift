import Core
import Foundation
import Logging
import Synchronization
import Testing

@testable import articled

@Suite("What a Redis can do to a node")
struct RedisFaultTests {
    private func store(
        _ url: String, _ configure: (inout RedisConfiguration) -> Void = { _ in }
    ) throws -> RedisStore {
        var configuration = RedisConfiguration(location: try RedisLocation(url))
        configuration.timeout = 2000
        configure(&configuration)
        return RedisStore(configuration, logger: Logger(label: "test"))
    }

    private func create(_ title: String) -> WriteCommand {
        .create(ArticleDraft(title: title), by: publisher, key: nil)
    }

    /// What the script answers that has created so many articles.
    private func created(_ count: Int) -> FakeRedis.Answer {
        .list((1...count).map { .list([.bulk("c"), .bulk("\($0)"), .bulk("\($0)-0000002a"), .bulk("{}")]) })
    }

    /// What a cluster of one primary says of its slots.
    private func slots(at port: Int) -> FakeRedis.Answer {
        .list([.list([.integer(0), .integer(16383), .list([.bulk(""), .integer(port)])])])
    }

    /// Counts, and says whether this is the first time.
    private func isFirst(_ calls: borrowing Mutex<Int>) -> Bool {
        calls.withLock { calls in
            calls += 1
            return calls == 1
        }
    }

    private func isUnavailable(_ outcome: WriteOutcome) -> Bool {
        guard case .refused(let error) = outcome else { return false }
        return error.code == .unavailable
    }

    @Test("an attempt to store that broke off does not share its mark with the next, which may come to another history")
    func marks() throws {
        let redis = try FakeRedis { $0[0] == "EVALSHA" ? .hangUp : nil }
        let store = try store("redis://127.0.0.1:\(redis.port)")
        for _ in 0..<3 {
            #expect(throws: ServiceError.self) { _ = try store.commit([create("a")], at: .now, term: 1) }
        }
        // Behind the digest, the number of keys and the keys: the time, and the mark.
        let marks = redis.heard.map { $0[3 + (Int($0[2]) ?? 0) + 1] }
        #expect(marks.count == 3 && Set(marks).count == 3 && marks[0] == "00000001")
    }

    @Test("what one server of a cluster has without its replicas is not vouched for by those of another")
    func replicasOfEach() throws {
        let other = try FakeRedis { words in
            switch words[0] {
            case "EVALSHA": created(1)
            case "WAIT": .integer(1)
            default: nil
            }
        }
        let calls = Mutex(0)
        let port = Mutex(0)
        let first = try FakeRedis { words in
            switch words[0] {
            case "CLUSTER": slots(at: port.withLock { $0 })
            case "WAIT": .integer(0)
            case "EVALSHA":
                isFirst(calls) ? created(64) : .error("MOVED 1 127.0.0.1:\(other.port)")
            default: nil
            }
        }
        port.withLock { $0 = first.port }
        let store = try store("redis+cluster://127.0.0.1:\(first.port)") { $0.minReplicas = 1 }
        let outcomes = try store.commit((1...65).map { create("\($0)") }, at: .now, term: 1).outcomes
        #expect(outcomes.count == 65 && outcomes.allSatisfy(isUnavailable))
        #expect(store.counters.waitFailures == 1 && store.counters.redirections == 1)
    }

    @Test("servers that send from one to the other and back come to an end")
    func circle() async throws {
        let port = Mutex(0)
        let redis = try FakeRedis { words in
            switch words[0] {
            case "CLUSTER": slots(at: port.withLock { $0 })
            case "HGET": .error("MOVED 1 127.0.0.1:\(port.withLock { $0 })")
            default: nil
            }
        }
        port.withLock { $0 = redis.port }
        let store = try store("redis+cluster://127.0.0.1:\(redis.port)")
        await #expect(throws: ServiceError.self) { _ = try await store.article(id: 1) }
        #expect(redis.heard.filter { $0[0] == "HGET" }.count == 5)
    }

    @Test("a part of a cluster that was named as a server of its own says what to write instead")
    func partOfCluster() throws {
        let redis = try FakeRedis { $0[0] == "EVALSHA" ? .error("MOVED 1 127.0.0.1:1") : nil }
        let store = try store("redis://127.0.0.1:\(redis.port)")
        do {
            _ = try store.history()
            Issue.record("it went on")
        } catch {
            #expect("\(error)".contains("redis+cluster://"))
        }
    }

    @Test(
        "a password that a server repeats in its refusal is not repeated by the node", arguments: ["redis", "sentinel"])
    func password(_ kind: String) throws {
        let redis = try FakeRedis { words in
            switch words[0] {
            case "SENTINEL": .error("NOAUTH Authentication required.")
            case "AUTH": .error("ERR unknown command 'AUTH', with args beginning with: '\(words[1])'")
            default: nil
            }
        }
        let url =
            kind == "redis" ? "redis://127.0.0.1:\(redis.port)" : "redis+sentinel://127.0.0.1:\(redis.port)/mymaster"
        let store = try store(url) { $0.password = "s3cret" }
        do {
            _ = try store.history()
            Issue.record("it got in")
        } catch {
            #expect("\(error)".contains("unknown command 'AUTH'") && !"\(error)".contains("s3cret"))
        }
    }

    @Test("a Sentinel that was cut off, and names an old primary, is not believed once another knows better")
    func staleSentinel() throws {
        let (old, new) = (try FakeRedis { _ in nil }, try FakeRedis { _ in nil })
        func sentinel(_ primary: FakeRedis, _ epoch: Int) throws -> FakeRedis {
            try FakeRedis { words in
                guard words[0] == "SENTINEL" else { return nil }
                return words[1] == "MASTER"
                    ? .list([.bulk("config-epoch"), .bulk("\(epoch)")])
                    : .list([.bulk("127.0.0.1"), .bulk("\(primary.port)")])
            }
        }
        let (stale, current) = (try sentinel(old, 1), try sentinel(new, 2))
        let configuration = RedisConfiguration(
            location: try RedisLocation("redis+sentinel://127.0.0.1:\(stale.port),127.0.0.1:\(current.port)/mymaster"))
        let route = RedisRoute()
        let link = RedisLink(configuration, route: route)
        _ = try link.perform(RedisCommand("PING"))
        #expect(link.endpoint == old.endpoint)
        // What the tail finds out, asking one after the other.
        let answer = try RedisSentinel.ask(current.endpoint, name: "mymaster", configuration)
        #expect(route.heard(answer, from: 1) == .newer)
        route.turnOver()
        _ = try link.perform(RedisCommand("PING"))
        #expect(link.endpoint == new.endpoint)
        #expect(route.heard(try RedisSentinel.ask(stale.endpoint, name: "mymaster", configuration), from: 0) == .older)
        link.disconnect()
        _ = try link.perform(RedisCommand("PING"))
        #expect(link.endpoint == new.endpoint)
    }

    @Test(
        "a refusal from before the first write says that nothing was stored, any other that it is not known",
        arguments: [
            ("OOM command not allowed when used memory > 'maxmemory'.", RedisCounters.Refusal.memory, "nothing"),
            ("MISCONF Redis is configured to save RDB snapshots", .disk, "nothing"),
            ("NOREPLICAS Not enough good replicas to write.", .replicas, "nothing"),
            ("BUSY Redis is busy running a script.", .busy, "nothing"),
            ("NOPERM User has no permissions", .rights, "not known"),
            ("ERR Error running script", .other, "not known"),
        ])
    func refusals(_ error: String, _ reason: RedisCounters.Refusal, _ words: String) throws {
        let redis = try FakeRedis { words in
            switch words[0] {
            case "EVALSHA": .error(error)
            case "WAIT": .integer(0)
            default: nil
            }
        }
        let store = try store("redis://127.0.0.1:\(redis.port)") { $0.minReplicas = 1 }
        let result = try store.commit([create("a")], at: .now, term: 1)
        guard case .refused(let refusal) = result.outcomes[0] else {
            Issue.record("acknowledged")
            return
        }
        #expect(refusal.code == .unavailable && refusal.detail.contains(words) && refusal.retryAfter != nil)
        #expect(result.failure != nil && store.counters.refused(reason) == 1 && store.counters.waitFailures == 0)
    }

    @Test("a WAIT that is not allowed is not taken for too few replicas")
    func wait() throws {
        let redis = try FakeRedis { words in
            switch words[0] {
            case "EVALSHA": created(1)
            case "WAIT": .error("NOPERM this user has no permissions to run the 'wait' command")
            default: nil
            }
        }
        let store = try store("redis://127.0.0.1:\(redis.port)") { $0.minReplicas = 1 }
        do {
            _ = try store.commit([create("a")], at: .now, term: 1)
            Issue.record("acknowledged")
        } catch let error as ServiceError {
            #expect("\(String(describing: error.cause))".contains("WAIT: NOPERM") && error.detail.contains("not known"))
        }
    }

    @Test("the probe of writing is a write, which a server refuses that stores nothing")
    func probe() async throws {
        let server = try RedisServer()
        let store = try store("redis://127.0.0.1:\(server.port)")
        try await store.probeWriting()
        _ = try await store.ask { try $0.perform(RedisCommand("CONFIG", "SET", "min-replicas-to-write", "1")) }
        await #expect(throws: ServiceError.self) { try await store.probeWriting() }
        let result = try store.commit([create("a")], at: .now, term: 1)
        #expect(isUnavailable(result.outcomes[0]) && result.failure != nil)
        #expect(try store.history().newestSeq == 0)
    }

    @Test("events that somebody has taken out leave no silent gap: what is before them can't be resumed from")
    func hole() async throws {
        let store = try store("redis://127.0.0.1:\(RedisServer.shared.get().port)?feed=\(Secret().text)")
        _ = try store.commit((1...10).map { create("\($0)") }, at: .now, term: 1)
        func takeOut(_ seq: Int) async throws {
            _ = try await store.ask { link in
                try link.perform(
                    RedisCommand([Array("XDEL".utf8), store.keys.events, Array("\(seq)-0".utf8)]))
            }
        }
        try await takeOut(4)
        #expect(try await store.events(after: 0, maxEvents: 100, maxBytes: 100_000).map(\.cursor.seq) == [1, 2, 3])
        // Whoever stands before the hole gets what does not fit there, and so is told.
        #expect(try await store.events(after: 3, maxEvents: 100, maxBytes: 100_000).map(\.cursor.seq).first != 4)
        #expect(try store.history().oldestSeq == 5)
        try await takeOut(8)
        let stored = try #require(try store.storedFeed(maxEvents: 100, maxBytes: 100_000))
        #expect(stored.newestEvents.map(\.cursor.seq) == [9, 10] && stored.history.oldestSeq == 9)
        #expect(try store.history().oldestSeq == 9)
        // The newest one too.
        try await takeOut(10)
        let less = try #require(try store.storedFeed(maxEvents: 100, maxBytes: 100_000))
        #expect(less.newestEvents.isEmpty && less.history.oldestSeq == 11 && less.history.newestSeq == 10)
        _ = try store.commit([create("next")], at: .now, term: 1)
        #expect(try await store.events(after: 10, maxEvents: 100, maxBytes: 100_000).map(\.cursor.seq) == [11])
    }

    @Test("no node's clock decides when keys are forgotten and events go: the server's does")
    func clock() async throws {
        let store = try store("redis://127.0.0.1:\(RedisServer.shared.get().port)?feed=\(Secret().text)")
        let command = WriteCommand.create(
            ArticleDraft(title: "a"), by: publisher, key: IdempotencyKey(name: "k", fingerprint: [1]))
        _ = try store.commit([command], at: .now, term: 1)
        let nextYear = Timestamp(milliseconds: Timestamp.now.milliseconds + 365 * 86_400_000)
        _ = try store.commit([create("from a node with a wrong clock")], at: nextYear, term: 1)
        guard case .repeated = try store.commit([command], at: .now, term: 1).outcomes[0] else {
            Issue.record("the key was forgotten")
            return
        }
        #expect(try store.history().oldestSeq == 1)
    }

    @Test("who searches through everything leaves connections for everybody else")
    func searches() async throws {
        let isOver = Mutex(false)
        let hasBegun = Mutex(false)
        let redis = try FakeRedis { words in
            switch words[0] {
            case "ZREVRANGEBYSCORE":
                hasBegun.withLock { $0 = true }
                // As long as there are many articles: here, until the others have been served.
                while !isOver.withLock({ $0 }) { usleep(1000) }
                return .list([])
            case "HGET": return .bytes("$-1\r\n")
            default: return nil
            }
        }
        let store = try store("redis://127.0.0.1:\(redis.port)") { $0.timeout = 20_000 }
        try await withThrowingTaskGroup { group in
            for _ in 0..<10 {
                group.addTask {
                    var query = ArticleQuery(limit: 10)
                    query.text = "x"
                    _ = try await store.articles(query)
                }
            }
            while !hasBegun.withLock({ $0 }) { await Task.yield() }
            for id in 1...20 as ClosedRange<Int64> { #expect(try await store.article(id: id) == nil) }
            isOver.withLock { $0 = true }
            try await group.waitForAll()
        }
    }
}
