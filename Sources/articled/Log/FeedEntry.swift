import Core
import NIOCore
import Synchronization
import WebSocketCore

/// An event in memory, with the bytes that leave for it: made once, shared by all loops and subscribers.
final class FeedEntry: Sendable {
    let cursor: Cursor
    let kind: FeedEventKind
    let topic: String
    let previousTopic: String?
    /// A text frame holding an array with the one event.
    let webSocketFrame: ByteBuffer
    private let headerBytes: UInt8
    /// What has been made in other encodings; each when it was first asked for.
    let others = Mutex<[(encoding: FeedEncoding, bytes: ByteBuffer)]>([])

    init(_ event: CommittedEvent) {
        cursor = event.cursor
        kind = event.kind
        topic = event.topic
        previousTopic = event.previousTopic
        var frame = ByteBuffer()
        frame.reserveCapacity(event.json.count + 2 + WebSocketFrames.maxHeaderBytes)
        WebSocketFrames.writeHeader(.text, length: event.json.count + 2, to: &frame)
        headerBytes = UInt8(frame.readableBytes)
        frame.writeInteger(UInt8(ascii: "["))
        frame.writeBytes(event.json)
        frame.writeInteger(UInt8(ascii: "]"))
        webSocketFrame = frame
    }

    var seq: Int64 { cursor.seq }

    /// The message in the frame: an array with the one event.
    var message: ByteBufferView { webSocketFrame.readableBytesView.dropFirst(Int(headerBytes)) }

    /// The event's JSON object.
    var json: ByteBufferView { message.dropFirst().dropLast() }

    /// The event as it is written for a subscriber; from any thread.
    func bytes(_ encoding: FeedEncoding) -> ByteBuffer {
        if encoding == .webSocket { return webSocketFrame }
        return others.withLock { others in
            if let known = others.first(where: { $0.encoding == encoding }) { return known.bytes }
            let bytes = encoding.event(self)
            others.append((encoding, bytes))
            return bytes
        }
    }
}
