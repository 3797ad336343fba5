import Core
import NIOCore
import WebSocketCore

/// An event in memory, with the bytes that leave for it: made once, shared by all loops and subscribers.
final class FeedEntry: Sendable {
    let cursor: Cursor
    let kind: FeedEventKind
    let topic: String
    let previousTopic: String?
    /// A text frame holding an array with the one event.
    let webSocketFrame: ByteBuffer

    init(_ event: CommittedEvent) {
        cursor = event.cursor
        kind = event.kind
        topic = event.topic
        previousTopic = event.previousTopic
        var frame = ByteBuffer()
        frame.reserveCapacity(event.json.count + 2 + WebSocketFrames.maxHeaderBytes)
        WebSocketFrames.writeHeader(.text, length: event.json.count + 2, to: &frame)
        frame.writeInteger(UInt8(ascii: "["))
        frame.writeBytes(event.json)
        frame.writeInteger(UInt8(ascii: "]"))
        webSocketFrame = frame
    }

    var seq: Int64 { cursor.seq }
}
