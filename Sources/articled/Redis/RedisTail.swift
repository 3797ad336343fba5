import Core
import Foundation
import Logging
import ServiceLifecycle
import Synchronization

/// The only way into the feed of a node that shares its store: follows the stream of events, the node's own too.
///
/// It reads with finite `XREAD BLOCK`. Each read asks for the term of the node's place too, on the same connection, and takes
/// nothing if it is another one: a connection may lead to a new primary at any moment, also while this process slept. What a
/// failover lost is announced, never passed over.
final class RedisTail: Service {
    private let store: RedisStore
    private let feed: FeedLog
    private let logger: Logger
    private let isStopping = Atomic<Bool>(false)
    private let wake = DispatchSemaphore(value: 0)

    /// How long one read waits for events, in milliseconds; so soon is a change of the server's role noticed.
    private static let block = 500
    /// Events that one read takes at most.
    private static let page = 100
    /// The longest pause between attempts to connect, in milliseconds.
    private static let maxPause = 1000
    /// How often a Sentinel is asked.
    private static let watch = DispatchTimeInterval.seconds(1)

    init(store: RedisStore, feed: FeedLog) {
        self.store = store
        self.feed = feed
        logger = store.logger
    }

    /// Follows until a graceful shutdown.
    func run() async throws {
        let (finished, finish) = AsyncStream.makeStream(of: Void.self)
        let thread = Thread { [self] in
            followFeed()
            finish.finish()
        }
        thread.name = "redis-tail"
        thread.start()
        watchSentinels()
        await withGracefulShutdownHandler {
            for await _ in finished {}
        } onGracefulShutdown: {
            self.isStopping.store(true, ordering: .relaxed)
            // Both threads.
            for _ in 0..<2 { self.wake.signal() }
        }
    }

    private func followFeed() {
        let link = RedisLink(store.configuration, route: store.route, patience: Self.block)
        var pause = 50
        var hasFailed = !store.isLoaded
        while !isStopping.load(ordering: .relaxed) {
            do {
                try checkPlace(link)
                store.inspect(link)
                store.counters.follows(true)
                var hasRead = false
                while !isStopping.load(ordering: .relaxed), try readOnce(link) {
                    guard !hasRead else { continue }
                    hasRead = true
                    pause = 50
                    guard hasFailed else { continue }
                    logger.notice(
                        "Following the store", metadata: ["primary": "\(link.endpoint.map(\.description) ?? "")"])
                    hasFailed = false
                }
                if !hasRead, !isStopping.load(ordering: .relaxed) {
                    throw RedisError.unexpected("the feed does not go on from where it was a moment ago")
                }
            } catch {
                store.counters.follows(false)
                link.disconnect()
                // Who was the primary may live, and be none any more.
                store.route.turnOver()
                if !hasFailed {
                    logger.warning(
                        "The store can't be followed; subscribers stay, publishers are told to retry",
                        metadata: ["error": "\(error)"])
                    hasFailed = true
                }
                _ = wake.wait(timeout: .now() + .milliseconds(pause))
                pause = min(pause * 2, Self.maxPause)
            }
        }
    }

    /// Asks one Sentinel after the other, on a thread of its own, whether it knows of a newer primary: the old one may still
    /// answer this node, cut off from all others.
    private func watchSentinels() {
        guard case .sentinel(let sentinels, let name) = store.configuration.location.way else { return }
        let thread = Thread { [self] in
            var number = 0
            while wake.wait(timeout: .now() + Self.watch) == .timedOut, !isStopping.load(ordering: .relaxed) {
                number += 1
                let index = number % sentinels.count
                // Who does not answer knows nothing newer; who asks for the primary is told why.
                guard let answer = try? RedisSentinel.ask(sentinels[index], name: name, store.configuration) else {
                    continue
                }
                if store.route.heard(answer, from: index) == .newer { store.route.turnOver() }
            }
        }
        thread.name = "redis-sentinels"
        thread.start()
    }

    /// Makes sure that the store goes on from where this node is, and begins anew where it does not.
    private func checkPlace(_ link: RedisLink) throws(RedisError) {
        let history = try store.history(link)
        let place = feed.history.newest
        let ring = feed.ringLimits
        let isFarBehind = history.newestSeq - place.seq > Int64(ring.maxEvents)
        var resumption = history.resumption(after: place)
        if store.isLoaded, case .reset(let reason) = resumption {
            logger.warning(
                "The store does not go on from where this node is; subscribers begin anew where they must",
                metadata: [
                    "reason": "\(reason)", "place": "\(place)", "newest": "\(history.newest)",
                ])
        } else if isFarBehind || !store.isLoaded {
            resumption = .reset(.trimmed)
        }
        if case .reset(let reason) = resumption {
            if store.isLoaded { store.counters.countReplacement(reason) }
            let stored = try store.storedFeed(link, maxEvents: ring.maxEvents, maxBytes: ring.maxBytes)
            feed.replace(with: stored.history, newestEvents: stored.newestEvents)
        }
        store.credentialNews.replaced(try store.credentials(link))
        store.setLoaded()
        store.arrivals.arrived(feed.history.newestSeq)
    }

    /// Reads what is new, or waits for it a moment; false if the place must be looked at again.
    private func readOnce(_ link: RedisLink) throws(RedisError) -> Bool {
        let keys = store.keys
        let place = feed.history.newest
        let read = RedisCommand(
            ["XREAD", "COUNT", String(Self.page), "BLOCK", String(Self.block), "STREAMS"].map { Array($0.utf8) }
                + [
                    keys.events, keys.changes, Array("\(place.seq)-0".utf8),
                    Array("\(store.credentialNews.version)-0".utf8),
                ])
        let replies = try RedisStore.ask(
            link,
            [
                read, store.command("HMGET", keys.meta, "seq", "oldest", "nonce"),
                store.command("ZREVRANGEBYSCORE", keys.terms, String(place.seq), "-inf", "LIMIT", "0", "1"),
                RedisCommand("ROLE"),
            ])
        guard replies[3].array?.first?.text == "master" else { throw .unreachable("it has become a replica") }
        store.sees(role: replies[3])
        let numbers = replies[1].array ?? []
        guard numbers.count == 3 else { throw .unexpected("the feed's numbers are damaged") }
        let term = replies[2].array?.first?.text.flatMap(Cursor.init)
        guard place.seq == 0 || term?.nonce == place.nonce else { return false }
        for stream in replies[0].array ?? [] {
            guard let parts = stream.array, parts.count == 2, let entries = parts[1].array else { continue }
            if parts[0].bytes == keys.events {
                var events: [CommittedEvent] = []
                for entry in entries {
                    let event = try RedisRecords.event(entry)
                    guard event.cursor.seq == place.seq + 1 + Int64(events.count) else {
                        if events.isEmpty {
                            try store.giveUp(before: event.cursor.seq, link)
                            return false
                        }
                        break
                    }
                    events.append(event)
                }
                feed.deliver(feed.take(events, oldestSeq: numbers[1].integer ?? 1))
            } else {
                for entry in entries where try !store.takeChange(entry) {
                    store.credentialNews.replaced(try store.credentials(link))
                    break
                }
            }
        }
        let newest = feed.history.newest
        store.arrivals.arrived(newest.seq)
        // The same server, with fewer events: restored from a backup, or flushed.
        guard let stored = numbers[0].integer ?? (newest.seq == 0 ? 0 : nil), stored >= newest.seq else { return false }
        store.counters.sees(eventsBehind: stored - newest.seq)
        if stored == newest.seq, stored > 0, let nonce = numbers[2].text, UInt32(nonce, radix: 16) != newest.nonce {
            return false
        }
        return true
    }
}

/// Who waits until the feed has come to some event.
final class RedisArrivals: Sendable {
    private struct State {
        var newestSeq: Int64 = 0
        var number = 0
        var waiting: [Int: (seq: Int64, continuation: CheckedContinuation<Void, any Error>)] = [:]
    }

    private let state = Mutex(State())

    /// The feed has everything up to here; it may be less than before.
    func arrived(_ seq: Int64) {
        let done = state.withLock { state in
            state.newestSeq = seq
            let done = state.waiting.filter { $0.value.seq <= seq }
            for number in done.keys { state.waiting[number] = nil }
            return done.values.map(\.continuation)
        }
        for continuation in done { continuation.resume() }
    }

    /// - Throws: ``ServiceError`` `unavailable` if it does not come in time.
    func wait(for seq: Int64, atMost time: Duration) async throws {
        let number = state.withLock { state in
            state.number += 1
            return state.number
        }
        let timer = Task {
            try await Task.sleep(for: time)
            let late = state.withLock { $0.waiting.removeValue(forKey: number) }
            late?.continuation.resume(
                throwing: ServiceError(.unavailable, "The store can't be followed.", retryAfter: 1))
        }
        defer { timer.cancel() }
        try await withCheckedThrowingContinuation { continuation in
            let isThere = state.withLock { state in
                if state.newestSeq >= seq { return true }
                state.waiting[number] = (seq, continuation)
                return false
            }
            if isThere { continuation.resume() }
        }
    }
}

extension RedisStore {
    /// How long somebody waits who comes from another node with a place that this one has not heard of.
    private static let catchUpTime = Duration.seconds(3)

    func catchUp() async throws {
        let newest = try await ask { [self] link in
            try link.perform(command("HGET", keys.meta, "seq")).integer ?? 0
        }
        try await arrivals.wait(for: newest, atMost: Self.catchUpTime)
    }
}
