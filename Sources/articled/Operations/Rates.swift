import Synchronization

/// How much happens, second by second, over the last minutes.
final class Rates: Sendable {
    struct Sample: Sendable, Hashable {
        /// In that second.
        var events = 0
        var subscribers = 0
    }

    private struct State {
        var samples: [Sample] = []
        var lastSeq: Int64
    }

    private let feed: FeedLog
    private let state: Mutex<State>
    private static let kept = 300

    init(feed: FeedLog) {
        self.feed = feed
        state = Mutex(State(lastSeq: feed.history.newestSeq))
    }

    /// Called once a second.
    func sample() {
        let (newest, subscribers) = (feed.history.newestSeq, feed.subscriberCount)
        state.withLock { state in
            state.samples.append(Sample(events: max(0, Int(newest - state.lastSeq)), subscribers: subscribers))
            state.lastSeq = newest
            if state.samples.count > Self.kept { state.samples.removeFirst() }
        }
    }

    /// Oldest first, one a second.
    var samples: [Sample] { state.withLock { $0.samples } }

    /// Events a second over the last seconds.
    func eventsPerSecond(over seconds: Int) -> Double {
        let recent = samples.suffix(seconds)
        guard !recent.isEmpty else { return 0 }
        return Double(recent.reduce(0) { $0 + $1.events }) / Double(recent.count)
    }
}
