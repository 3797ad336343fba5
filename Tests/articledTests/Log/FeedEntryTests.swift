import Core
import Dispatch
import NIOCore
import NIOEmbedded
import Synchronization
import Testing
import WebSocketCore

@testable import articled

/// A socket that notes where in memory lies what it is given.
private final class NotingSocket: SubscriberSocket {
    let descriptor: CInt = -1
    let pendingBytes = 0
    var places: [UInt] = []

    func write(_ bytes: ByteBuffer) -> Bool {
        places.append(place(of: bytes))
        return true
    }
    func enqueue(_ bytes: ByteBuffer) {}
    func close(_ code: WebSocketCloseCode, reason: String) {}
    func abort() {}
}

private func place(of bytes: ByteBuffer) -> UInt {
    bytes.withUnsafeReadableBytes { UInt(bitPattern: $0.baseAddress) }
}

private struct NoReader: FeedReader {
    struct Gone: Error {}
    func snapshot(last: Int, filter: TopicFilter) async throws -> FeedSnapshot { throw Gone() }
    func events(after seq: Int64, maxEvents: Int, maxBytes: Int) async throws -> [CommittedEvent] { throw Gone() }
}

@Suite("An event's bytes")
struct FeedEntryTests {
    private static let encodings: [FeedEncoding] = [.webSocket, .deflatedWebSocket, .eventStream, .jsonLines]
    private let loop = EmbeddedEventLoop()

    private func hub() -> LoopHub {
        let history = FeedHistory(terms: [], oldestSeq: 1, newestSeq: 0)
        return LoopHub(
            eventLoop: loop, history: history, entries: [],
            configuration: FanoutConfiguration(node: "n", server: "s"), reader: NoReader(), latestHistory: { history })
    }

    @Test("are made once in each encoding that somebody has, and are the same memory for all subscribers of all loops")
    func shared() {
        let hubs = [hub(), hub()]
        var (sockets, subscribers): ([FeedEncoding: [NotingSocket]], [Subscriber]) = ([:], [])
        func subscribe(_ encodings: [FeedEncoding]) {
            for (hub, encoding) in hubs.flatMap({ hub in encodings.map { (hub, $0) } }) {
                for _ in 0..<20 {
                    let socket = NotingSocket()
                    sockets[encoding, default: []].append(socket)
                    let subscriber = hub.subscribe(
                        FeedQuery(since: .beginning), view: SubscriberView(mode: .articlesV1, encoding: encoding),
                        socket: socket, prologue: ByteBuffer())
                    hub.start(subscriber)
                    subscribers.append(subscriber)
                }
            }
        }
        func publish(_ seq: Int64) -> FeedEntry {
            for socket in sockets.values.joined() { socket.places = [] }
            let entry = FeedEntry(committed(seq, bytes: 1000))
            for hub in hubs { hub.post([entry], oldestSeq: 1) }
            loop.run()
            return entry
        }

        subscribe([.webSocket])
        let first = publish(1)
        #expect(first.others.withLock { $0.isEmpty }, "made for nobody")

        subscribe([.deflatedWebSocket, .eventStream, .jsonLines])
        loop.advanceTime(by: .seconds(1))
        let second = publish(2)
        let made = second.others.withLock { $0.map(\.encoding) }
        #expect(made.count == 3 && Set(made) == Set(Self.encodings.dropFirst()))
        for encoding in Self.encodings {
            let places = sockets[encoding, default: []].map(\.places)
            #expect(places == Array(repeating: [place(of: second.bytes(encoding))], count: 40), "\(encoding)")
        }
        withExtendedLifetime(subscribers) {}
    }

    @Test("are made once, however many threads ask at once", arguments: [FeedEncoding.deflatedWebSocket, .eventStream])
    func threads(encoding: FeedEncoding) {
        let entry = FeedEntry(committed(1, bytes: 1000))
        let places = Mutex<Set<UInt>>([])
        DispatchQueue.concurrentPerform(iterations: 64) { _ in
            let bytes = entry.bytes(encoding)
            places.withLock { _ = $0.insert(place(of: bytes)) }
        }
        #expect(places.withLock { $0.count } == 1)
        #expect(entry.others.withLock { $0.count } == 1)
    }
}
