import Core
import NIOCore
import NIOEmbedded
import NIOPosix
import Synchronization
import Testing
import WebSocketCore

@testable import articled

/// A socket that takes everything, or nothing, as the test wants.
private final class FakeSocket: SubscriberSocket {
    let descriptor: CInt
    var isOpen = true
    var isFull = false
    private(set) var received = ByteBuffer()
    private(set) var held: [ByteBuffer] = []
    private(set) var closeCode: WebSocketCloseCode?
    private(set) var writes = 0

    init(descriptor: CInt = -1) {
        self.descriptor = descriptor
    }

    var pendingBytes: Int { held.reduce(0) { $0 + $1.readableBytes } }

    func write(_ bytes: ByteBuffer) -> Bool {
        writes += 1
        if isFull {
            held.append(bytes)
            return false
        }
        received.writeImmutableBuffer(bytes)
        return true
    }

    func enqueue(_ bytes: ByteBuffer) { held.append(bytes) }

    func close(_ code: WebSocketCloseCode, reason: String) { closeCode = code }

    func abort() { isOpen = false }

    /// The client reads again: what was held leaves.
    func drain() {
        isFull = false
        for bytes in held { received.writeImmutableBuffer(bytes) }
        held = []
    }

    /// Everything that has arrived, each event by its number.
    func takeFrames() throws -> [FeedFrame] {
        defer { received.clear() }
        return try frames(received)
    }
}

private func seqs(_ frames: [FeedFrame]) -> [Int64] {
    frames.flatMap { frame -> [Int64] in
        guard case .events(let events) = frame else { return [] }
        return events.map(\.cursor.seq)
    }
}

/// A store of made-up events.
private struct FakeReader: FeedReader {
    let events: [CommittedEvent]
    var oldestSeq: Int64 = 1
    /// How often a page was read.
    var reads: Counter?

    final class Counter: Sendable {
        let value = Atomic<Int>(0)
    }

    func snapshot(last: Int, filter: TopicFilter) async throws -> FeedSnapshot {
        FeedSnapshot(cursor: events.last?.cursor ?? .beginning, events: [])
    }

    func events(after seq: Int64, maxEvents: Int, maxBytes: Int) async throws -> [CommittedEvent] {
        reads?.value.add(1, ordering: .relaxed)
        return Array(events.drop { $0.cursor.seq <= seq || $0.cursor.seq < oldestSeq }.prefix(maxEvents))
    }
}

/// Subscribers who miss everything, of which only the store has most. Lives on its event loop.
private final class Latecomers: @unchecked Sendable {
    let sockets: [FakeSocket]
    private let subscribers: [Subscriber]
    private let hub: LoopHub

    init(on eventLoop: any EventLoop, count: Int, reader: FakeReader) {
        var configuration = FanoutConfiguration(node: "n", server: "s")
        configuration.ring.maxEvents = 1
        configuration.pageEvents = 100
        let newest = Int64(reader.events.count)
        let history = FeedHistory(terms: [Term(firstSeq: 1, nonce: 7)], newestSeq: newest)
        let hub = LoopHub(
            eventLoop: eventLoop, history: history, entries: [FeedEntry(committed(newest))],
            configuration: configuration, reader: reader, latestHistory: { history })
        self.hub = hub
        sockets = (0..<count).map { _ in FakeSocket() }
        subscribers = sockets.map { socket in
            hub.subscribe(
                FeedQuery(since: .beginning), view: SubscriberView(mode: .articlesV1), socket: socket,
                prologue: ByteBuffer())
        }
        for subscriber in subscribers { hub.start(subscriber) }
    }

    var isLive: Bool { subscribers.allSatisfy { $0.delivery.phase == .live } }
}

@Suite("The fan-out of one event loop")
struct LoopHubTests {
    private let loop = EmbeddedEventLoop()

    private func hub(
        newest: Int64 = 0, ring: Int = 100, reader: FakeReader = FakeReader(events: []),
        configure: (inout FanoutConfiguration) -> Void = { _ in }
    ) -> LoopHub {
        var configuration = FanoutConfiguration(node: "n", server: "s")
        configuration.ring.maxEvents = ring
        configure(&configuration)
        let history = FeedHistory(
            terms: newest > 0 ? [Term(firstSeq: 1, nonce: 7)] : [], oldestSeq: reader.oldestSeq, newestSeq: newest)
        let entries = newest > 0 ? (max(1, newest - Int64(ring) + 1)...newest).map { FeedEntry(committed($0)) } : []
        return LoopHub(
            eventLoop: loop, history: history, entries: entries, configuration: configuration, reader: reader,
            latestHistory: { history })
    }

    private func subscribe(
        _ hub: LoopHub, _ socket: FakeSocket, since: Int64, mode: SubscriberView.Mode = .articlesV1,
        filter: TopicFilter = .all
    ) -> Subscriber {
        let query = FeedQuery(since: since == 0 ? .beginning : Cursor(seq: since, nonce: 7), filter: filter)
        let subscriber = hub.subscribe(
            query, view: SubscriberView(mode: mode, filter: filter), socket: socket, prologue: ByteBuffer())
        hub.start(subscriber)
        return subscriber
    }

    private func publish(
        _ hub: LoopHub, _ seqs: ClosedRange<Int64>, topic: String = "news", kind: FeedEventKind = .created
    ) {
        hub.post(seqs.map { FeedEntry(committed($0, topic: topic, kind: kind)) }, oldestSeq: 1)
        loop.run()
    }

    @Test("goodbyes are spread over their window, everybody has one, and a time of his own to come again")
    func farewell() throws {
        let hub = hub()
        let sockets = (0..<95).map { _ in FakeSocket() }
        let subscribers = sockets.map { subscribe(hub, $0, since: 0) }
        var farewell = Farewell(subscribers, over: .milliseconds(100), retryAfter: 1500)
        var (steps, told, times) = (0, Set<ObjectIdentifier>(), Set<Int>())
        while !farewell.isOver {
            let share = farewell.next()
            #expect(share.count <= 10)
            for (subscriber, retryAfter) in share {
                told.insert(ObjectIdentifier(subscriber))
                times.insert(retryAfter)
            }
            steps += 1
        }
        #expect(steps == 10 && told.count == 95)
        #expect(times.count > 10 && times.allSatisfy { (750...1850).contains($0) })
        var none = Farewell([], over: .zero, retryAfter: 1500)
        #expect(none.isOver && none.next().isEmpty)
    }

    @Test("a drain says goodbye to one share after the other, in no order, and ends when nobody is left")
    func drain() throws {
        let hub = hub()
        let sockets = (0..<100).map { _ in FakeSocket() }
        let subscribers = sockets.map { subscribe(hub, $0, since: 0) }
        let everybodyGone = loop.makePromise(of: Void.self)
        var isOver = false
        everybodyGone.futureResult.assumeIsolated().whenSuccess { isOver = true }
        let farewell = Farewell(subscribers, over: .milliseconds(100), retryAfter: 1500)
        let drain = LoopDrain(eventLoop: loop, farewell: farewell, everybodyGone: everybodyGone)
        drain.sayGoodbyes()
        #expect(sockets.count { $0.closeCode == .goingAway } == 10)
        #expect(sockets.prefix(10).contains { $0.closeCode == nil }, "those who came first are not the first to go")
        loop.advanceTime(by: Farewell.step)
        #expect(sockets.count { $0.closeCode == .goingAway } == 20)
        loop.advanceTime(by: .milliseconds(100))
        #expect(sockets.allSatisfy { $0.closeCode == .goingAway })
        drain.nobodyIsLeft()
        drain.nobodyIsLeft()
        #expect(isOver)
    }

    @Test(
        "many are sent to, at once or one by one: who is full keeps the rest and leaves, nobody else notices",
        arguments: [true, false])
    func many(usesIOURing: Bool) throws {
        let hub = hub { $0.usesIOURing = usesIOURing }
        // Those with little room take a part.
        let small = [25, 26]
        let pairs = try (0..<100).map { try SocketPair(isSmall: small.contains($0)) }
        // Each tenth has no descriptor, as with TLS.
        let sockets = pairs.enumerated().map { FakeSocket(descriptor: $0 % 10 == 0 ? -1 : $1.near) }
        let subscribers = sockets.map { subscribe(hub, $0, since: 0) }
        for socket in sockets { _ = try socket.takeFrames() }
        // Two side by side, the first and the last of those with a descriptor.
        let full = [1, 41, 42, 99]
        for index in full { pairs[index].fill() }
        let event = FeedEntry(committed(1, bytes: 10_000))
        hub.post([event], oldestSeq: 1)
        loop.run()
        for (index, pair) in pairs.enumerated() where !full.contains(index) && !small.contains(index) {
            let received = index % 10 == 0 ? sockets[index].received : ByteBuffer(bytes: pair.take())
            #expect(seqs(try frames(received)) == [1])
            #expect(sockets[index].pendingBytes == 0)
        }
        for index in small + full {
            #expect(sockets[index].pendingBytes > 0 && subscribers[index].indexInGroup == nil)
            var received = ByteBuffer(bytes: full.contains(index) ? [] : pairs[index].take())
            #expect(received.readableBytes > 0 || full.contains(index))
            sockets[index].drain()
            subscribers[index].drained()
            received.writeImmutableBuffer(sockets[index].received)
            #expect(seqs(try frames(received)) == [1])
            #expect(subscribers[index].indexInGroup != nil)
        }
        let isOffered = usesIOURing && isIOURingOffered
        #expect(hub.currentFigures().ringWrites == (isOffered ? 90 : 0))
    }

    @Test("a part of many is sent to like all of them: heartbeats go to one share after the other")
    func shares() throws {
        let hub = hub { $0.pingInterval = .milliseconds(200) }
        hub.startHeartbeats()
        let pairs = try (0..<20).map { _ in try SocketPair() }
        // A share is a twentieth: 75, of which the last has a descriptor.
        let sockets = (0..<1500).map { FakeSocket(descriptor: $0 % 75 == 74 ? pairs[$0 / 75].near : -1) }
        let subscribers = sockets.map { subscribe(hub, $0, since: 0) }
        for socket in sockets { _ = try socket.takeFrames() }
        // The first share's turn is the last: nobody who moves up is passed over.
        pairs[0].fill()
        loop.advanceTime(by: .milliseconds(200))
        for (index, socket) in sockets.enumerated() where socket.descriptor < 0 {
            #expect(try frames(socket.received).count == 1, "\(index)")
        }
        for (index, pair) in pairs.enumerated() where index != 0 {
            #expect(try frames(ByteBuffer(bytes: pair.take())).count == 1, "\(index)")
        }
        let left = subscribers.indices.filter { subscribers[$0].indexInGroup == nil }
        #expect(left == [74])
        #expect(try frames(sockets[74].held[0]).count == 1)
        #expect(hub.currentFigures().ringWrites == (isIOURingOffered ? 20 : 0))
    }

    @Test("who resumes gets what it missed, then live, then what is new, without gap or double")
    func resume() throws {
        let hub = hub(newest: 5)
        let socket = FakeSocket()
        _ = subscribe(hub, socket, since: 2)
        let first = try socket.takeFrames()
        #expect(seqs(first) == [3, 4, 5])
        #expect(first.last == .control(.live(cursor: Cursor(seq: 5, nonce: 7))))
        publish(hub, 6...7)
        #expect(seqs(try socket.takeFrames()) == [6, 7])
    }

    @Test("events that come together leave in one write")
    func coalescing() {
        let hub = hub()
        let socket = FakeSocket()
        _ = subscribe(hub, socket, since: 0)
        let before = socket.writes
        publish(hub, 1...50)
        #expect(socket.writes == before + 1)
    }

    @Test("when another history comes, who saw what was lost is told, and who is at a place of both goes on")
    func replacement() throws {
        let hub = hub(newest: 3)
        let (behind, ahead) = (FakeSocket(), FakeSocket())
        let subscriber = subscribe(hub, behind, since: 3)
        let plain = hub.subscribe(
            FeedQuery(), view: SubscriberView(mode: .plain), socket: ahead, prologue: ByteBuffer())
        plain.delivery.start(after: 3)
        plain.pump()
        _ = try behind.takeFrames()
        behind.isFull = true
        publish(hub, 4...4)
        publish(hub, 5...5)
        // Events 5 and on are others now; what was posted and not delivered is not shown any more.
        hub.post([FeedEntry(committed(6))], oldestSeq: 1)
        let history = FeedHistory(
            terms: [Term(firstSeq: 1, nonce: 7), Term(firstSeq: 5, nonce: 9)], oldestSeq: 1, newestSeq: 5)
        hub.replace(
            with: history, entries: (1...4).map { FeedEntry(committed($0)) } + [FeedEntry(committed(5, nonce: 9))])
        hub.post([FeedEntry(committed(6, nonce: 9))], oldestSeq: 1)
        loop.run()
        #expect(ahead.closeCode == .serviceRestart)
        behind.drain()
        subscriber.drained()
        let cursors = try behind.takeFrames().flatMap { frame -> [Cursor] in
            guard case .events(let events) = frame else {
                Issue.record("told of something else: \(frame)")
                return []
            }
            return events.map(\.cursor)
        }
        #expect(
            cursors == [Cursor(seq: 4, nonce: 7), Cursor(seq: 5, nonce: 9), Cursor(seq: 6, nonce: 9)])
    }

    @Test("who came before the store could be reached gets everything when it is")
    func lateStore() throws {
        let hub = hub()
        let socket = FakeSocket()
        _ = subscribe(hub, socket, since: 0)
        _ = try socket.takeFrames()
        let history = FeedHistory(terms: [Term(firstSeq: 1, nonce: 7)], oldestSeq: 1, newestSeq: 3)
        hub.replace(with: history, entries: (1...3).map { FeedEntry(committed($0)) })
        loop.run()
        #expect(seqs(try socket.takeFrames()) == [1, 2, 3])
    }

    @Test("a full socket is left alone, and caught up from its own place when it drains")
    func slowReader() throws {
        let hub = hub()
        let (slow, fast) = (FakeSocket(), FakeSocket())
        let subscriber = subscribe(hub, slow, since: 0)
        _ = subscribe(hub, fast, since: 0)
        slow.isFull = true
        for seq in 1...20 as ClosedRange<Int64> { publish(hub, seq...seq) }
        #expect(slow.held.count == 1)
        #expect(seqs(try fast.takeFrames()) == Array(1...20))
        slow.drain()
        subscriber.drained()
        publish(hub, 21...21)
        #expect(seqs(try slow.takeFrames()) == Array(1...21))
    }

    @Test("plain subscribers get created articles only, and no control objects")
    func plain() throws {
        let hub = hub()
        let socket = FakeSocket()
        _ = subscribe(hub, socket, since: 0, mode: .plain)
        publish(hub, 1...1)
        publish(hub, 2...2, kind: .updated)
        publish(hub, 3...3, kind: .deleted)
        publish(hub, 4...4)
        let frames = try socket.takeFrames()
        #expect(seqs(frames) == [1, 4] && frames.count == 2)
    }

    @Test("a filter passes over the rest without losing the place")
    func filter() throws {
        let hub = hub()
        let socket = FakeSocket()
        let subscriber = subscribe(hub, socket, since: 0, filter: .only(["sport"]))
        publish(hub, 1...3)
        publish(hub, 4...4, topic: "sport")
        #expect(seqs(try socket.takeFrames()) == [4])
        socket.isFull = true
        publish(hub, 5...5, topic: "sport")
        publish(hub, 6...6)
        socket.drain()
        subscriber.drained()
        publish(hub, 7...7, topic: "sport")
        #expect(seqs(try socket.takeFrames()) == [5, 7])
    }

    @Test("who takes nothing for too long is told so and cut off")
    func stalled() throws {
        let hub = hub { $0.stallTimeout = .milliseconds(10) }
        let socket = FakeSocket()
        let subscriber = subscribe(hub, socket, since: 0)
        socket.isFull = true
        publish(hub, 1...1)
        #expect(!subscriber.isStalled(since: .now() - .seconds(1)))
        #expect(subscriber.isStalled(since: .now() + .seconds(1)))
        subscriber.sayGoodbye(.slow, .policyViolation)
        #expect(socket.closeCode == .policyViolation)
        #expect(try frames(socket.held.last ?? ByteBuffer()) == [.control(.bye(reason: .slow, retryAfter: 1500))])
    }

    @Test("heartbeats reach everybody who is caught up once an interval, with a place to resume from")
    func heartbeats() throws {
        let hub = hub(newest: 3) { $0.pingInterval = .seconds(10) }
        let sockets = (0..<30).map { _ in FakeSocket() }
        let subscribers = sockets.map { subscribe(hub, $0, since: 3) }
        for socket in sockets { _ = try socket.takeFrames() }
        hub.startHeartbeats()
        loop.advanceTime(by: .seconds(10))
        for socket in sockets {
            #expect(try socket.takeFrames() == [.control(.ping(cursor: Cursor(seq: 3, nonce: 7)))])
        }
        withExtendedLifetime(subscribers) {}
    }

    @Test("the handshake's answer goes out before a goodbye, also while the snapshot is being read")
    func earlyGoodbye() {
        let hub = hub()
        let socket = FakeSocket()
        let subscriber = hub.subscribe(
            FeedQuery(), view: SubscriberView(mode: .plain), socket: socket,
            prologue: ByteBuffer(string: "HTTP/1.1 101"))
        #expect(socket.received.readableBytes == 0)
        subscriber.readingFailed()
        #expect(String(buffer: socket.received) == "HTTP/1.1 101")
        #expect(socket.closeCode == .tryAgainLater)
    }

    @Test("who leaves is forgotten")
    func leaving() {
        let hub = hub()
        let (one, other) = (FakeSocket(), FakeSocket())
        let first = subscribe(hub, one, since: 0)
        _ = subscribe(hub, other, since: 0)
        #expect(hub.subscriberCount == 2)
        first.ended()
        #expect(hub.subscriberCount == 1)
        publish(hub, 1...1)
        #expect(one.received.readableBytes < other.received.readableBytes)
    }

    @Test("who misses much gets it in turns, so that the loop can serve others in between")
    func turns() throws {
        let hub = hub(newest: 100, ring: 100) { $0.maxWriteBytes = 600 }
        let (late, other) = (FakeSocket(), FakeSocket())
        _ = subscribe(hub, late, since: 1)
        _ = subscribe(hub, other, since: 100)
        let first = seqs(try late.takeFrames())
        #expect(first.first == 2 && first.count < 10)
        publish(hub, 101...101)
        #expect(seqs(try other.takeFrames()) == [101])
        loop.advanceTime(by: .milliseconds(1))
        #expect(first + seqs(try late.takeFrames()) == Array(2...101))
    }

    @Test("whatever sockets do, everybody gets every event once and in order")
    func randomised() throws {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<60 {
            // A write has room for two or three events: who misses more is served in turns.
            let hub = hub(ring: 10_000) { $0.maxWriteBytes = 600 }
            let sockets = (0..<5).map { _ in FakeSocket() }
            let subscribers = sockets.map { subscribe(hub, $0, since: 0) }
            var newest: Int64 = 0
            for _ in 0..<60 {
                let index = Int.random(in: 0..<sockets.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0:
                    sockets[index].isFull = true
                case 1 where !sockets[index].held.isEmpty:
                    sockets[index].drain()
                    subscribers[index].drained()
                case 2 where sockets[index].held.isEmpty:
                    sockets[index].isFull = false
                default:
                    let count = Int64.random(in: 1...4, using: &random)
                    publish(hub, newest + 1...newest + count)
                    newest += count
                }
                if Bool.random(using: &random) { loop.advanceTime(by: .microseconds(60)) }
            }
            for (socket, subscriber) in zip(sockets, subscribers) {
                repeat {
                    if !socket.held.isEmpty {
                        socket.drain()
                        subscriber.drained()
                    }
                    loop.advanceTime(by: .milliseconds(1))
                } while !socket.held.isEmpty
                #expect(seqs(try socket.takeFrames()) == Array(1..<newest + 1))
            }
        }
    }
}

/// Without the loop of the other tests, which must be let go of on the thread that made it.
@Suite("What is read from the store for many")
struct SharedPagesTests {
    @Test("many who come from the same place share what is read from the store")
    func sharedPages() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let counter = FakeReader.Counter()
        let events = (1...300 as ClosedRange<Int64>).map { committed($0) }
        let late = try await group.next().submit {
            Latecomers(on: group.next(), count: 50, reader: FakeReader(events: events, reads: counter))
        }.get()
        let deadline = ContinuousClock.now + .seconds(20)
        while try await !group.next().submit({ late.isLive }).get() {
            try #require(ContinuousClock.now < deadline, "not everybody is live")
            try await Task.sleep(for: .milliseconds(5))
        }
        let received = try await group.next().submit { try late.sockets.map { seqs(try $0.takeFrames()) } }.get()
        #expect(received == Array(repeating: Array(1...300), count: 50))
        // Three pages of a hundred, and nobody reads one that another has read.
        #expect(counter.value.load(ordering: .relaxed) == 3)
        try await group.shutdownGracefully()
    }
}
