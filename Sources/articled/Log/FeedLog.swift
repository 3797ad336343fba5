import Core
import NIOCore
import Synchronization

/// The feed in memory: takes committed events, in order, and hands each to every event loop with one hop.
final class FeedLog: Sendable {
    private let hubs: [LoopHub]
    private let hubsByLoop: [ObjectIdentifier: LoopHub]
    private let position: FeedPosition
    let ringLimits: FeedRing.Limits

    /// Where the feed is, for any thread. Moved on before any loop hears of an event.
    private final class FeedPosition: Sendable {
        private let history: Mutex<FeedHistory>

        init(_ history: FeedHistory) {
            self.history = Mutex(history)
        }

        var current: FeedHistory { history.withLock { $0 } }

        func replace(with new: FeedHistory) {
            history.withLock { $0 = new }
        }

        func advance(over entries: [FeedEntry], oldestSeq: Int64) {
            history.withLock { history in
                for entry in entries { history.advance(to: entry.cursor) }
                history.oldestSeq = oldestSeq
            }
        }
    }

    /// - Parameters:
    ///   - history: what the store holds.
    ///   - newestEvents: what the ring begins with: the store's newest events, in order.
    init(
        eventLoops: [any EventLoop], history: FeedHistory, newestEvents: [CommittedEvent],
        configuration: FanoutConfiguration, reader: any FeedReader
    ) {
        let entries = newestEvents.map(FeedEntry.init)
        let position = FeedPosition(history)
        self.position = position
        ringLimits = configuration.ring
        hubs = eventLoops.map { eventLoop in
            LoopHub(
                eventLoop: eventLoop, history: history, entries: entries, configuration: configuration, reader: reader,
                latestHistory: { position.current })
        }
        hubsByLoop = Dictionary(uniqueKeysWithValues: hubs.map { (ObjectIdentifier($0.eventLoop), $0) })
    }

    /// Why the kernel is not given many sends at once, though it should be.
    var ringRefusal: (any Error)? { hubs.lazy.compactMap(\.ringRefusal).first }

    /// The newest events and terms, and what is retained.
    var history: FeedHistory { position.current }

    /// Everybody who is subscribed now.
    var subscriberCount: Int { hubs.reduce(0) { $0 + $1.subscriberCount } }

    /// How many there are of each kind.
    var subscribersByTransport: SubscriberCounts {
        hubs.reduce(SubscriberCounts()) { $0 + $1.subscribersByTransport }
    }

    /// What all loops have done, each asked on itself.
    func figures() async -> FanoutFigures {
        await withTaskGroup(of: FanoutFigures?.self) { group in
            for hub in hubs {
                // Fails only with the loop itself.
                group.addTask { try? await hub.eventLoop.submit { hub.currentFigures() }.get() }
            }
            var sum = FanoutFigures()
            for await figures in group { if let figures { sum += figures } }
            return sum
        }
    }

    /// The hub of an event loop of this daemon.
    func hub(of eventLoop: any EventLoop) -> LoopHub {
        guard let hub = hubsByLoop[ObjectIdentifier(eventLoop)] else {
            preconditionFailure("a connection lives on one of the daemon's own event loops")
        }
        return hub
    }

    /// Events that have been taken up and not yet delivered.
    struct Committed {
        fileprivate let entries: [FeedEntry]
        fileprivate let oldestSeq: Int64
    }

    /// Takes up events that have just been committed: from now on they are part of the feed. Called by one thread, in
    /// order; ``deliver(_:)`` must follow.
    func take(_ events: [CommittedEvent], oldestSeq: Int64) -> Committed {
        let entries = events.map(FeedEntry.init)
        position.advance(over: entries, oldestSeq: oldestSeq)
        return Committed(entries: entries, oldestSeq: oldestSeq)
    }

    /// Brings events to the subscribers.
    func deliver(_ committed: Committed) {
        for hub in hubs { hub.post(committed.entries, oldestSeq: committed.oldestSeq) }
    }

    /// Goes on with another history, which a failover or a restored backup has brought. Subscribers whose place is in it
    /// go on, the others begin anew and are told so. Called by the thread that takes and delivers.
    func replace(with history: FeedHistory, newestEvents: [CommittedEvent]) {
        let entries = newestEvents.map(FeedEntry.init)
        position.replace(with: history)
        for hub in hubs { hub.replace(with: history, entries: entries) }
    }

    /// Ends the feeds of those who were let in by what has been taken back.
    func revoke(_ credentials: Set<Credential>) {
        for hub in hubs { hub.revoke(credentials) }
    }

    func startHeartbeats() {
        for hub in hubs { hub.startHeartbeats() }
    }

    /// Says goodbye to every subscriber and waits until they are gone, or until the deadline, when they are cut off.
    ///
    /// - Parameter window: over how long the goodbyes are spread.
    func drain(over window: TimeAmount, deadline: NIODeadline) async {
        await withDiscardingTaskGroup { group in
            for hub in hubs {
                group.addTask { await hub.drain(over: window, deadline: deadline) }
            }
        }
    }
}
