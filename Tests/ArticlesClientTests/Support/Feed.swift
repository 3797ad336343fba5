import Core
import NIOCore
import WebSocketCore

/// Frames of a made-up feed: event `n` creates article `n`.
enum Feed {
    static let nonce: UInt32 = 0x1234_abcd

    static func cursor(_ seq: Int64, _ nonce: UInt32 = nonce) -> Cursor { Cursor(seq: seq, nonce: nonce) }

    static func event(_ seq: Int64, nonce: UInt32 = nonce, body: String = "") -> FeedEvent {
        FeedEvent(
            created: Article(
                id: seq, title: "Article \(seq)", body: body, topic: "news", author: "ada",
                published: Timestamp(milliseconds: 1_000 * seq)), cursor: cursor(seq, nonce))
    }

    static func hello(_ seq: Int64, nonce: UInt32 = nonce, pingInterval: Int = 10_000) -> ControlMessage {
        .hello(node: "n1", cursor: cursor(seq, nonce), last: 5, pingInterval: pingInterval, server: "scripted/1.0")
    }

    static func frame(_ message: ControlMessage) -> ByteBuffer { WebSocketFrames.text(message.json) }

    static func frame(_ events: [FeedEvent]) -> ByteBuffer { WebSocketFrames.text(FeedFrame.encode(events)) }

    /// What a subscriber gets that begins at a place, up to and with `live`.
    static func replay(after since: Int64, upTo newest: Int64, pingInterval: Int = 10_000) -> ByteBuffer {
        var bytes = frame(hello(newest, pingInterval: pingInterval))
        for seq in since..<newest { bytes.writeImmutableBuffer(frame([event(seq + 1)])) }
        bytes.writeImmutableBuffer(frame(.live(cursor: cursor(newest))))
        return bytes
    }

    static func join(_ frames: ByteBuffer...) -> ByteBuffer {
        var bytes = ByteBuffer()
        for frame in frames { bytes.writeImmutableBuffer(frame) }
        return bytes
    }
}
