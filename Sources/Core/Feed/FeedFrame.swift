/// One text frame of the feed, decoded.
public enum FeedFrame: Hashable, Sendable {
    /// An array of events.
    case events([FeedEvent])
    /// An object; `nil` is one that this version does not know.
    case control(ControlMessage?)

    /// - Throws: ``JSONSyntaxError`` or ``JSONShapeError``, naming the place or the member.
    public init(decoding bytes: UnsafeBufferPointer<UInt8>) throws {
        let value = try JSONParser.parse(bytes)
        if case .array(let elements) = value {
            self = .events(try elements.map { element in try FeedEvent(json: element) })
        } else {
            self = .control(try ControlMessage.decode(value))
        }
    }

    /// A frame of the feed always is an array, also with one event in it.
    public static func encode(_ events: some Sequence<FeedEvent>) -> [UInt8] {
        var writer = JSONWriter()
        writer.raw("[")
        for (index, event) in events.enumerated() {
            if index > 0 { writer.raw(",") }
            event.write(to: &writer)
        }
        writer.raw("]")
        return writer.bytes
    }
}
