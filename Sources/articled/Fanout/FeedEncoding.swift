import Core
import NIOCore
import WebSocketCore

/// How the feed is written for a subscriber. Whoever has the same encoding gets the same bytes.
enum FeedEncoding: Hashable, Sendable {
    /// Text frames (RFC 6455 section 5.6).
    case webSocket
    /// Text frames, compressed where that makes them shorter (RFC 7692).
    case deflatedWebSocket
    /// Server-sent events (WHATWG HTML section 9.2).
    case eventStream
    /// One JSON object on each line.
    case jsonLines

    /// What a subscriber gets before anything else.
    var prologue: ByteBuffer {
        // When an EventSource comes again, in milliseconds.
        self == .eventStream ? ByteBuffer(string: "retry: 2000\n\n") : ByteBuffer()
    }

    /// An event, made anew; ``FeedEntry/bytes(_:)`` makes it once.
    func event(_ entry: FeedEntry) -> ByteBuffer {
        switch self {
        case .webSocket: entry.webSocketFrame
        case .deflatedWebSocket: MessageDeflater.textFrame(entry.message) ?? entry.webSocketFrame
        case .eventStream: serverSentEvent(entry.kind.rawValue, at: entry.cursor, entry.json)
        case .jsonLines: line(entry.json)
        }
    }

    /// A snapshot; empty if there is nothing to be said.
    func snapshot(_ events: [FeedEvent]) -> ByteBuffer {
        switch self {
        case .webSocket:
            return WebSocketFrames.text(FeedFrame.encode(events))
        case .deflatedWebSocket:
            let message = ByteBuffer(bytes: FeedFrame.encode(events))
            return MessageDeflater.textFrame(message.readableBytesView)
                ?? WebSocketFrames.text(message.readableBytesView)
        case .eventStream, .jsonLines:
            var bytes = ByteBuffer()
            for event in events {
                let json = ByteBuffer(bytes: event.json).readableBytesView
                bytes.writeImmutableBuffer(
                    self == .jsonLines ? line(json) : serverSentEvent(event.kind.rawValue, at: event.cursor, json))
            }
            return bytes
        }
    }

    /// A control message; empty where the encoding has none of the kind.
    ///
    /// - Parameter place: where an EventSource that comes again is to go on.
    func message(_ message: ControlMessage, at place: Cursor) -> ByteBuffer {
        switch (self, message) {
        case (.webSocket, _), (.deflatedWebSocket, _):
            return WebSocketFrames.text(message.json)
        case (.jsonLines, .ping):
            return ByteBuffer(string: "\n")
        case (.jsonLines, _):
            return line(ByteBuffer(bytes: message.json).readableBytesView)
        case (.eventStream, .ping(.none)):
            return ByteBuffer(string: ": ping\n\n")
        case (.eventStream, .ping(.some(let cursor))):
            // No event, but EventSource keeps the id.
            return ByteBuffer(string: "id: \(cursor)\n: ping\n\n")
        case (.eventStream, .reset):
            return serverSentEvent("reset", at: place, ByteBuffer(bytes: message.json).readableBytesView)
        case (.eventStream, .live):
            return serverSentEvent("live", at: place, ByteBuffer(bytes: message.json).readableBytesView)
        case (.eventStream, .bye(_, let retryAfter)):
            // No event either; EventSource comes again after this time.
            return ByteBuffer(string: "retry: \(retryAfter)\n\n")
        case (.eventStream, .hello):
            return ByteBuffer()
        }
    }

    /// JSON has no line breaks of its own: one `data` line holds it.
    private func serverSentEvent(_ name: String, at cursor: Cursor, _ json: ByteBufferView) -> ByteBuffer {
        var bytes = ByteBuffer()
        bytes.reserveCapacity(json.count + 64)
        bytes.writeString("id: \(cursor)\nevent: \(name)\ndata: ")
        bytes.writeBytes(json)
        bytes.writeStaticString("\n\n")
        return bytes
    }

    private func line(_ json: ByteBufferView) -> ByteBuffer {
        var bytes = ByteBuffer()
        bytes.reserveCapacity(json.count + 1)
        bytes.writeBytes(json)
        bytes.writeStaticString("\n")
        return bytes
    }
}
