/// Reads what a server sends over a WebSocket (RFC 6455 section 5.2): as much of it as a load must know.
enum WebSocketReader {
    /// Longer messages than the server ever sends.
    static let maxFrameBytes = 16 * 1024 * 1024

    enum Frame: Equatable {
        /// A text message, or a part of a message.
        case data
        case binary
        case ping
        case pong
        case close
        case malformed
    }

    /// Hands on every frame that is complete.
    ///
    /// - Parameter body: gets the kind, and where the payload is; false ends.
    /// - Returns: how many bytes were used up.
    @inline(__always)
    static func read(
        _ bytes: UnsafePointer<UInt8>, _ count: Int, _ body: (Frame, UnsafePointer<UInt8>, Int) -> Bool
    ) -> Int {
        var used = 0
        while count - used >= 2 {
            let frame = bytes + used
            var (header, length) = (2, Int(frame[1] & 127))
            if length == 126 {
                header = 4
                guard count - used >= header else { break }
                length = Int(frame[2]) << 8 | Int(frame[3])
            } else if length == 127 {
                header = 10
                guard count - used >= header else { break }
                length = (2..<10).reduce(0) { $0 << 8 | Int(truncatingIfNeeded: frame[$1]) }
            }
            let kind: Frame
            // A server masks nothing, and nothing is compressed, for it was not asked to.
            if frame[1] & 0x80 != 0 || frame[0] & 0x70 != 0 || length < 0 || length > maxFrameBytes {
                kind = .malformed
            } else {
                kind =
                    switch frame[0] & 15 {
                    case 0, 1: .data
                    case 2: .binary
                    case 8 where length <= 125: .close
                    case 9 where length <= 125: .ping
                    case 10 where length <= 125: .pong
                    default: .malformed
                    }
            }
            guard kind != .malformed else {
                _ = body(kind, frame, 0)
                return used
            }
            guard count - used >= header + length else { break }
            used += header + length
            guard body(kind, frame + header, length) else { return used }
        }
        return used
    }

    /// A frame of a client, with a mask that changes nothing.
    static func clientFrame(opcode: UInt8, _ payload: some Collection<UInt8>) -> [UInt8] {
        let count = payload.count
        let length =
            switch count {
            case ..<126: [UInt8(count)]
            case ..<65_536: [126, UInt8(count >> 8), UInt8(count & 255)]
            default: [127] + (0..<8).map { UInt8(truncatingIfNeeded: count >> (56 - 8 * $0)) }
            }
        return [0x80 | opcode, 0x80 | length[0]] + length.dropFirst() + [0, 0, 0, 0] + payload
    }

    /// Closing with status 1000.
    static let goodbye: [UInt8] = [0x88, 0x82, 0, 0, 0, 0, 0x03, 0xE8]
}
