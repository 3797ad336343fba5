import Core
import NIOCore

/// A snapshot as it goes to subscribers.
struct PreparedSnapshot: Sendable {
    let cursor: Cursor
    let isEmpty: Bool
    /// All the articles, oldest first.
    let bytes: ByteBuffer

    init(_ snapshot: FeedSnapshot, encoding: FeedEncoding) {
        cursor = snapshot.cursor
        isEmpty = snapshot.events.isEmpty
        bytes = encoding.snapshot(snapshot.events)
    }
}

/// Which snapshot; the place makes sure that one never is older than its subscriber.
struct SnapshotKey: Hashable {
    let last: Int
    let filter: TopicFilter
    let encoding: FeedEncoding
    /// The newest event when the snapshot was asked for.
    let newestSeq: Int64
    /// Which of the histories that there were.
    let generation: Int
}
