import Core
import NIOCore

@testable import articled

/// Who publishes in tests.
let publisher = AuditActor(name: "ada", address: "192.0.2.1")

/// An event for tests: its number is its article's id too.
func committed(
    _ seq: Int64, topic: String = "news", kind: FeedEventKind = .created, nonce: UInt32 = 7, bytes: Int = 0
) -> CommittedEvent {
    let article = Article(
        id: seq, title: "t\(seq)", body: String(repeating: "x", count: bytes), topic: topic, author: "a",
        published: Timestamp(milliseconds: 0))
    let cursor = Cursor(seq: seq, nonce: nonce)
    let event: FeedEvent =
        switch kind {
        case .created: FeedEvent(created: article, cursor: cursor)
        case .updated: FeedEvent(updated: article, cursor: cursor)
        case .deleted: FeedEvent(deleted: seq, cursor: cursor)
        }
    return CommittedEvent(cursor: cursor, kind: kind, topic: topic, previousTopic: nil, json: event.json)
}

/// The payloads of the text frames that bytes hold, as the protocol's frames.
func frames(_ bytes: ByteBuffer) throws -> [FeedFrame] {
    var bytes = bytes
    var frames: [FeedFrame] = []
    while let first = bytes.readInteger(as: UInt8.self), let short = bytes.readInteger(as: UInt8.self) {
        var length = Int(short)
        if short == 126 { length = Int(bytes.readInteger(as: UInt16.self) ?? 0) }
        if short == 127 { length = Int(bytes.readInteger(as: UInt64.self) ?? 0) }
        let payload = bytes.readBytes(length: length) ?? []
        guard first == 0x81 else { continue }
        frames.append(try payload.withUnsafeBufferPointer { try FeedFrame(decoding: $0) })
    }
    return frames
}
