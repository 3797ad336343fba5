import Synchronization

/// Counts one event loop's subscribers, for whoever asks on any thread.
struct SubscriberCounter: ~Copyable, Sendable {
    private let count = Atomic<Int>(0)
    private let eventStreamCount = Atomic<Int>(0)
    private let jsonLinesCount = Atomic<Int>(0)

    var all: Int { count.load(ordering: .relaxed) }

    var byTransport: SubscriberCounts {
        let (all, eventStream, jsonLines) = (
            all, eventStreamCount.load(ordering: .relaxed), jsonLinesCount.load(ordering: .relaxed)
        )
        // The three are not read at one moment.
        return SubscriberCounts(
            webSocket: max(0, all - eventStream - jsonLines), eventStream: eventStream, jsonLines: jsonLines)
    }

    func change(_ encoding: FeedEncoding, by difference: Int) {
        count.add(difference, ordering: .relaxed)
        switch encoding {
        case .eventStream: eventStreamCount.add(difference, ordering: .relaxed)
        case .jsonLines: jsonLinesCount.add(difference, ordering: .relaxed)
        case .webSocket, .deflatedWebSocket: break
        }
    }
}

/// How many subscribers there are of each kind.
struct SubscriberCounts: Sendable, Hashable {
    var webSocket = 0
    var eventStream = 0
    var jsonLines = 0

    static func + (left: SubscriberCounts, right: SubscriberCounts) -> SubscriberCounts {
        SubscriberCounts(
            webSocket: left.webSocket + right.webSocket, eventStream: left.eventStream + right.eventStream,
            jsonLines: left.jsonLines + right.jsonLines)
    }
}
