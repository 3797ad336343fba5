import Core
import NIOCore
import WebSocketCore

/// A snapshot as it goes to subscribers.
struct PreparedSnapshot: Sendable {
    let cursor: Cursor
    let isEmpty: Bool
    /// One text frame with all the articles, oldest first.
    let frame: ByteBuffer

    init(_ snapshot: FeedSnapshot) {
        cursor = snapshot.cursor
        isEmpty = snapshot.events.isEmpty
        frame = WebSocketFrames.text(FeedFrame.encode(snapshot.events))
    }
}

/// Which snapshot; the place makes sure that one never is older than its subscriber.
struct SnapshotKey: Hashable {
    let last: Int
    let filter: TopicFilter
    /// The newest event when the snapshot was asked for.
    let newestSeq: Int64
}
