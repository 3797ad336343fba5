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
