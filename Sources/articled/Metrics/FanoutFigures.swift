import Core
import WebSocketCore

/// What one event loop's fan-out has done since the start: plain numbers, touched on that loop only, added up when
/// somebody asks. A delivery costs an addition for all subscribers that it goes to together.
struct FanoutFigures: Sendable, Hashable {
    /// Kinds of subscribers that are told apart.
    enum Transport: Int, CaseIterable, Sendable {
        case plainWebSocket, webSocket, eventStream, jsonLines

        var name: String {
            switch self {
            case .plainWebSocket, .webSocket: "websocket"
            case .eventStream: "sse"
            case .jsonLines: "ndjson"
            }
        }

        /// How the feed is spoken: as docs/protocol.md calls it.
        var mode: String { self == .plainWebSocket ? "plain" : "articles.v1" }
    }

    struct Traffic: Sendable, Hashable {
        /// Subscribers that came.
        var subscriptions = 0
        /// Events that were handed to subscribers' sockets, each for each subscriber.
        var deliveries = 0
        /// Writes in which they, and everything else of the feed, were handed over.
        var writes = 0
        var bytes = 0
        /// How connections ended, by their close codes (RFC 6455 section 7.4).
        var closes: [UInt16: Int] = [:]
    }

    private(set) var traffic = Array(repeating: Traffic(), count: Transport.allCases.count)
    /// Writes that the kernel was given many at a time.
    var ringWrites = 0
    /// Pages that were read from the store for subscribers who are behind what is in memory.
    var pagesRead = 0
    /// The same pages, each for each subscriber that had a share in it.
    var pagesServed = 0
    var snapshotsRead = 0
    var readFailures = 0
    /// Subscribers that were cut off because they read nothing.
    var stalls = 0
    /// Subscribers that had not left when the daemon stopped.
    var abortedByDrain = 0
    var resetsTrimmed = 0
    var resetsForked = 0

    // As they are at the moment.

    private(set) var subscribers = Array(repeating: 0, count: Transport.allCases.count)
    /// Who misses something, or whose socket takes nothing more.
    var unsettled = 0
    /// What is in memory to resume from; the same at every loop, but for a moment.
    var backlogEvents = 0
    var backlogBytes = 0

    subscript(_ transport: Transport) -> Traffic {
        get { traffic[transport.rawValue] }
        set { traffic[transport.rawValue] = newValue }
    }

    /// Bytes were handed to so many sockets.
    @inline(__always)
    mutating func wrote(_ bytes: Int, events: Int, toSockets count: Int, of transport: Transport) {
        traffic[transport.rawValue].bytes += bytes * count
        traffic[transport.rawValue].deliveries += events * count
        traffic[transport.rawValue].writes += count
    }

    mutating func count(_ subscribers: Int, of transport: Transport) {
        self.subscribers[transport.rawValue] += subscribers
    }

    func subscribers(of transport: Transport) -> Int { subscribers[transport.rawValue] }

    mutating func countReset(_ reason: ControlMessage.ResetReason) {
        switch reason {
        case .trimmed: resetsTrimmed += 1
        case .forked: resetsForked += 1
        }
    }

    /// - Parameter code: `nil` if the connection was just gone.
    mutating func countClose(_ code: UInt16?, of transport: Transport) {
        let code = code ?? WebSocketCloseCode.gone
        traffic[transport.rawValue].closes[min(code, WebSocketCloseCode.ofItsOwn), default: 0] += 1
    }

    mutating func add(_ desk: PageDesk.Figures) {
        pagesRead += desk.read
        pagesServed += desk.served
        readFailures += desk.failed
    }

    mutating func add(_ desk: SnapshotDesk.Figures) {
        snapshotsRead += desk.read
        readFailures += desk.failed
    }

    static func += (left: inout FanoutFigures, right: FanoutFigures) {
        for index in left.traffic.indices {
            left.traffic[index].subscriptions += right.traffic[index].subscriptions
            left.traffic[index].deliveries += right.traffic[index].deliveries
            left.traffic[index].writes += right.traffic[index].writes
            left.traffic[index].bytes += right.traffic[index].bytes
            left.traffic[index].closes.merge(right.traffic[index].closes, uniquingKeysWith: +)
            left.subscribers[index] += right.subscribers[index]
        }
        left.ringWrites += right.ringWrites
        left.pagesRead += right.pagesRead
        left.pagesServed += right.pagesServed
        left.snapshotsRead += right.snapshotsRead
        left.readFailures += right.readFailures
        left.stalls += right.stalls
        left.abortedByDrain += right.abortedByDrain
        left.resetsTrimmed += right.resetsTrimmed
        left.resetsForked += right.resetsForked
        left.unsettled += right.unsettled
        left.backlogEvents = max(left.backlogEvents, right.backlogEvents)
        left.backlogBytes = max(left.backlogBytes, right.backlogBytes)
    }
}

extension SubscriberView {
    var transport: FanoutFigures.Transport {
        switch encoding {
        case .webSocket, .deflatedWebSocket: mode == .plain ? .plainWebSocket : .webSocket
        case .eventStream: .eventStream
        case .jsonLines: .jsonLines
        }
    }
}

extension WebSocketCloseCode {
    /// Nobody said why: the connection was gone (RFC 6455 section 7.4.1). The usual end of a stream over HTTP.
    static let gone: UInt16 = 1006
    /// There was a close frame without a code.
    static let withoutReason: UInt16 = 1005
    /// Codes of clients' own making are counted as one, or they could make as many figures as they like.
    static let ofItsOwn: UInt16 = 3000
}
