import Core
import NIOCore

/// Where the subscribers of one event loop get snapshots: each is read once for all who ask for the same while nothing
/// changes.
final class SnapshotDesk {
    private enum State {
        case reading([Subscriber])
        case ready(PreparedSnapshot)
    }

    /// Which snapshot; the place makes sure that one never is older than its subscriber.
    private struct Key: Hashable {
        let last: Int
        let filter: TopicFilter
        let encoding: FeedEncoding
        /// The newest event when the snapshot was asked for.
        var newestSeq: Int64
        /// Which of the histories that there were.
        let generation: Int
    }

    /// Since the start.
    struct Figures: Sendable, Hashable {
        var read = 0
        var failed = 0
    }

    private let eventLoop: any EventLoop
    private let reader: any FeedReader
    private var newestSeq: Int64
    /// How often the history was replaced: what was read before belongs to another one.
    private var generation = 0
    private var states: [Key: State] = [:]
    private(set) var figures = Figures()

    /// - Parameter newestSeq: the loop's newest event.
    init(eventLoop: any EventLoop, newestSeq: Int64, reader: any FeedReader) {
        self.eventLoop = eventLoop
        self.newestSeq = newestSeq
        self.reader = reader
    }

    /// Brings a subscriber the newest articles, now or later.
    func fetch(for subscriber: Subscriber) {
        let key = Key(
            last: subscriber.query.last, filter: subscriber.query.filter, encoding: subscriber.view.encoding,
            newestSeq: newestSeq, generation: generation)
        switch states[key] {
        case .ready(let snapshot):
            subscriber.receive(snapshot)
        case .reading(let waiting):
            states[key] = .reading(waiting + [subscriber])
        case .none:
            states[key] = .reading([subscriber])
            read(key)
        }
    }

    /// The loop has heard of newer events, which what was read before does not have.
    func advance(to newestSeq: Int64) {
        self.newestSeq = newestSeq
        states = states.filter { if case .reading = $0.value { true } else { false } }
    }

    /// There is another history: whoever waits gets a snapshot of that.
    func beginAgain(at newestSeq: Int64) {
        let waiting = states.values.flatMap { state -> [Subscriber] in
            guard case .reading(let waiting) = state else { return [] }
            return waiting
        }
        self.newestSeq = newestSeq
        generation += 1
        states = [:]
        for subscriber in waiting { fetch(for: subscriber) }
    }

    private func read(_ key: Key) {
        let promise = eventLoop.makePromise(of: PreparedSnapshot.self)
        let reader = reader
        let (last, filter, encoding) = (key.last, key.filter, key.encoding)
        promise.completeWithTask {
            PreparedSnapshot(try await reader.snapshot(last: last, filter: filter), encoding: encoding)
        }
        promise.futureResult.assumeIsolated().whenComplete { self.hand(out: $0, key) }
    }

    private func hand(out result: Result<PreparedSnapshot, any Error>, _ key: Key) {
        guard case .reading(let waiting) = states.removeValue(forKey: key) else { return }
        switch result {
        case .success(let snapshot):
            figures.read += 1
            if snapshot.cursor.seq == newestSeq {
                var current = key
                current.newestSeq = newestSeq
                if states[current] == nil { states[current] = .ready(snapshot) }
            }
            for subscriber in waiting { subscriber.receive(snapshot) }
        case .failure:
            figures.failed += 1
            for subscriber in waiting { subscriber.readingFailed() }
        }
    }
}
