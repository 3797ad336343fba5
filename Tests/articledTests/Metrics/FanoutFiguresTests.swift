import Core
import NIOCore
import NIOEmbedded
import NIOPosix
import Testing
import WebSocketCore

@testable import articled

/// A socket that takes everything.
private final class OpenSocket: SubscriberSocket {
    let descriptor: CInt = -1
    var pendingBytes = 0
    private(set) var bytes = 0
    var isFull = false

    func write(_ bytes: ByteBuffer) -> Bool {
        self.bytes += bytes.readableBytes
        if isFull { pendingBytes += bytes.readableBytes }
        return !isFull
    }
    func enqueue(_ bytes: ByteBuffer) { _ = write(bytes) }
    func close(_ code: WebSocketCloseCode, reason: String) {}
    func abort() {}
}

private struct NoReader: FeedReader {
    struct Gone: Error {}
    func snapshot(last: Int, filter: TopicFilter) async throws -> FeedSnapshot { throw Gone() }
    func events(after seq: Int64, maxEvents: Int, maxBytes: Int) async throws -> [CommittedEvent] { throw Gone() }
}

/// A client that goes when it is told to, or only when it is cut off.
private final class LeavingSocket: SubscriberSocket {
    let descriptor: CInt = -1
    let pendingBytes = 0
    let isPolite: Bool
    weak var subscriber: Subscriber?

    init(isPolite: Bool) { self.isPolite = isPolite }

    func write(_ bytes: ByteBuffer) -> Bool { true }
    func enqueue(_ bytes: ByteBuffer) {}
    func close(_ code: WebSocketCloseCode, reason: String) { if isPolite { subscriber?.ended() } }
    func abort() { subscriber?.ended() }
}

/// Some who leave, and some who don't. Lives on its event loop.
private final class Leavers: @unchecked Sendable {
    let hub: LoopHub
    private let sockets: [LeavingSocket]
    private let subscribers: [Subscriber]

    init(on eventLoop: any EventLoop, polite: Int, stubborn: Int) {
        let history = FeedHistory(terms: [], oldestSeq: 1, newestSeq: 0)
        let hub = LoopHub(
            eventLoop: eventLoop, history: history, entries: [],
            configuration: FanoutConfiguration(node: "n", server: "s"), reader: NoReader(), latestHistory: { history })
        self.hub = hub
        sockets = (0..<polite + stubborn).map { LeavingSocket(isPolite: $0 < polite) }
        subscribers = sockets.map { socket in
            let subscriber = hub.subscribe(
                FeedQuery(since: .beginning), view: SubscriberView(mode: .articlesV1), socket: socket,
                prologue: ByteBuffer())
            socket.subscriber = subscriber
            hub.start(subscriber)
            return subscriber
        }
    }
}

/// Without the loop of the other tests, which must be let go of on the thread that made it.
@Suite("What the fan-out counts at the end")
struct DrainFiguresTests {
    @Test("who does not leave in time is cut off and counted, and nobody else is")
    func cutOff() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let leavers = try await group.next().submit { Leavers(on: group.next(), polite: 5, stubborn: 2) }.get()
        await leavers.hub.drain(over: .zero, deadline: .now() + .milliseconds(50))
        let figures = try await group.next().submit { leavers.hub.currentFigures() }.get()
        #expect(figures.abortedByDrain == 2 && figures.subscribers(of: .webSocket) == 0)
        try await group.shutdownGracefully()
    }
}

@Suite("What the fan-out counts")
struct FanoutFiguresTests {
    private let loop = EmbeddedEventLoop()

    private func hub(newest: Int64 = 0) -> LoopHub {
        let history = FeedHistory(
            terms: newest > 0 ? [Term(firstSeq: 1, nonce: 7)] : [], oldestSeq: 1, newestSeq: newest)
        let entries = newest > 0 ? (1...newest).map { FeedEntry(committed($0)) } : []
        return LoopHub(
            eventLoop: loop, history: history, entries: entries,
            configuration: FanoutConfiguration(node: "n", server: "s"), reader: NoReader(), latestHistory: { history })
    }

    private func subscribe(
        _ hub: LoopHub, _ socket: OpenSocket, since: Cursor, mode: SubscriberView.Mode = .articlesV1
    ) -> Subscriber {
        let subscriber = hub.subscribe(
            FeedQuery(since: since), view: SubscriberView(mode: mode), socket: socket, prologue: ByteBuffer())
        hub.start(subscriber)
        return subscriber
    }

    @Test("each event is a delivery for each subscriber, whatever writes carry it, and every byte is counted")
    func deliveries() {
        let hub = hub(newest: 3)
        let sockets = [OpenSocket(), OpenSocket()]
        let subscribers = sockets.map { subscribe(hub, $0, since: Cursor(seq: 1, nonce: 7)) }
        hub.post((4...5).map { FeedEntry(committed($0)) }, oldestSeq: 1)
        loop.run()
        let figures = hub.currentFigures()
        // Two that were missed and two that are new, for two.
        #expect(figures[.webSocket].deliveries == 8)
        #expect(figures[.webSocket].bytes == sockets[0].bytes + sockets[1].bytes)
        #expect(figures[.webSocket].subscriptions == 2 && figures.subscribers(of: .webSocket) == 2)
        #expect(figures[.plainWebSocket] == FanoutFigures.Traffic())
        #expect(figures.backlogEvents == 5 && figures.backlogBytes > 0)
        withExtendedLifetime(subscribers) {}
    }

    @Test("what a view leaves out is no delivery")
    func plain() {
        let hub = hub()
        let socket = OpenSocket()
        let subscriber = subscribe(hub, socket, since: .beginning, mode: .plain)
        hub.post([FeedEntry(committed(1)), FeedEntry(committed(2, kind: .updated))], oldestSeq: 1)
        loop.run()
        #expect(hub.currentFigures()[.plainWebSocket].deliveries == 1)
        withExtendedLifetime(subscriber) {}
    }

    @Test("a connection has one close code: the first that was said, 1006 if none was")
    func closes() {
        let hub = hub()
        let sockets = (0..<4).map { _ in OpenSocket() }
        let subscribers = sockets.map { subscribe(hub, $0, since: .beginning) }
        subscribers[0].sayGoodbye(.slow, .policyViolation)
        subscribers[1].isClosed(with: WebSocketCloseCode(rawValue: 4711))
        subscribers[1].isClosed(with: .normal)
        subscribers[2].isClosed(with: nil)
        for subscriber in subscribers { subscriber.ended() }
        #expect(hub.currentFigures()[.webSocket].closes == [1008: 1, 3000: 1, 1005: 1, 1006: 1])
        #expect(hub.currentFigures().subscribers(of: .webSocket) == 0)
    }

    @Test("who begins anew is counted by the reason")
    func resets() {
        let hub = hub(newest: 3)
        let sockets = (0..<3).map { _ in OpenSocket() }
        let subscribers = sockets.map { subscribe(hub, $0, since: Cursor(seq: 2, nonce: 7), mode: .plain) }
        subscribers[0].restart(.trimmed)
        subscribers[1].restart(.forked)
        subscribers[2].restart(.forked)
        let figures = hub.currentFigures()
        #expect(figures.resetsForked == 2 && figures.resetsTrimmed == 1)
    }

    @Test("who can't take more is unsettled until it can")
    func unsettled() {
        let hub = hub()
        let socket = OpenSocket()
        let subscriber = subscribe(hub, socket, since: .beginning)
        #expect(hub.currentFigures().unsettled == 0)
        socket.isFull = true
        hub.post([FeedEntry(committed(1))], oldestSeq: 1)
        loop.run()
        #expect(hub.currentFigures().unsettled == 1)
        subscriber.drained()
        #expect(hub.currentFigures().unsettled == 0)
    }

    @Test("figures of several loops add up")
    func sum() {
        var left = FanoutFigures()
        left.wrote(10, events: 1, toSockets: 3, of: .eventStream)
        left.countClose(1001, of: .eventStream)
        left.backlogEvents = 5
        var right = FanoutFigures()
        right.wrote(10, events: 2, toSockets: 1, of: .eventStream)
        right.countClose(1001, of: .eventStream)
        right.backlogEvents = 4
        left += right
        #expect(left[.eventStream].deliveries == 5 && left[.eventStream].bytes == 40)
        #expect(left[.eventStream].writes == 4 && left[.eventStream].closes == [1001: 2])
        // All loops have the same events.
        #expect(left.backlogEvents == 5)
    }
}
