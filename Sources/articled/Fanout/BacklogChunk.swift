import NIOCore

/// Consecutive events put together for one write.
struct BacklogChunk {
    /// The place before the first event.
    let after: Int64
    /// The last event that was considered.
    let upTo: Int64
    /// The newest event when this was put together.
    let newestSeq: Int64
    /// The bytes of the events that the view includes; empty if there are none.
    let bytes: ByteBuffer
    /// How many these are.
    let events: Int

    /// Puts events together until they are enough for one write.
    static func make(
        _ entries: some Sequence<FeedEntry>, after: Int64, view: SubscriberView, maxBytes: Int, newestSeq: Int64
    ) -> BacklogChunk {
        var upTo = after
        var frames: [ByteBuffer] = []
        var size = 0
        for entry in entries {
            if view.includes(entry) {
                let frame = entry.bytes(view.encoding)
                if size > 0, size + frame.readableBytes > maxBytes { break }
                frames.append(frame)
                size += frame.readableBytes
            }
            upTo = entry.seq
        }
        if frames.count == 1 {
            return BacklogChunk(after: after, upTo: upTo, newestSeq: newestSeq, bytes: frames[0], events: 1)
        }
        var bytes = ByteBuffer()
        bytes.reserveCapacity(size)
        for frame in frames { bytes.writeImmutableBuffer(frame) }
        return BacklogChunk(after: after, upTo: upTo, newestSeq: newestSeq, bytes: bytes, events: frames.count)
    }
}
