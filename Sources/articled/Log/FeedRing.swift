import DequeModule
import NIOCore

/// The newest events in memory, consecutive and bounded in number and bytes.
struct FeedRing {
    struct Limits: Sendable, Hashable {
        var maxEvents = 10_000
        var maxBytes = 16 * 1024 * 1024
    }

    private let limits: Limits
    private var entries: Deque<FeedEntry> = []
    /// Of the events' frames.
    private(set) var bytes = 0

    init(limits: Limits) {
        self.limits = limits
    }

    var count: Int { entries.count }

    /// The oldest event in the ring; `nil` if it is empty.
    var oldestSeq: Int64? { entries.first?.seq }

    mutating func append(_ entry: FeedEntry) {
        precondition(entries.last.map { $0.seq + 1 == entry.seq } ?? true, "events in the ring are consecutive")
        entries.append(entry)
        bytes += entry.webSocketFrame.readableBytes
        while entries.count > limits.maxEvents || bytes > limits.maxBytes, let oldest = entries.popFirst() {
            bytes -= oldest.webSocketFrame.readableBytes
        }
    }

    /// The events after a place that the ring covers, that is with `seq + 1` in it.
    func entries(after seq: Int64) -> Deque<FeedEntry>.SubSequence {
        guard let first = entries.first else { return entries[...] }
        let start = min(max(0, Int(seq + 1 - first.seq)), entries.count)
        return entries[start...]
    }
}
