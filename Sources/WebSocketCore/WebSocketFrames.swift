public import NIOCore

/// Frames from server to client: never masked (RFC 6455 section 5.1), never fragmented.
public enum WebSocketFrames {
    /// The longest header of an unmasked frame, in bytes.
    public static let maxHeaderBytes = 10

    /// A whole message as one text frame.
    public static func text(_ payload: some Collection<UInt8>) -> ByteBuffer {
        frame(.text, payload)
    }

    public static func pong(_ payload: some Collection<UInt8>) -> ByteBuffer {
        frame(.pong, payload)
    }

    /// A close frame; no code means an empty payload.
    public static func close(_ code: WebSocketCloseCode?, reason: String = "") -> ByteBuffer {
        guard let code else { return frame(.close, EmptyCollection()) }
        return frame(.close, [UInt8(code.rawValue >> 8), UInt8(code.rawValue & 0xFF)] + Array(reason.utf8.prefix(123)))
    }

    /// Appends the header of a final frame whose payload the caller writes next.
    ///
    /// - Parameters:
    ///   - length: the payload's length in bytes.
    ///   - isCompressed: the payload is a compressed message (RFC 7692 section 6).
    public static func writeHeader(
        _ opcode: WebSocketOpcode, length: Int, isCompressed: Bool = false, to buffer: inout ByteBuffer
    ) {
        buffer.writeInteger((isCompressed ? 0xC0 : 0x80) | opcode.rawValue)
        switch length {
        case ..<126:
            buffer.writeInteger(UInt8(length))
        case ..<65_536:
            buffer.writeInteger(UInt8(126))
            buffer.writeInteger(UInt16(length))
        default:
            buffer.writeInteger(UInt8(127))
            buffer.writeInteger(UInt64(length))
        }
    }

    private static func frame(_ opcode: WebSocketOpcode, _ payload: some Collection<UInt8>) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.reserveCapacity(payload.count + maxHeaderBytes)
        writeHeader(opcode, length: payload.count, to: &buffer)
        buffer.writeBytes(payload)
        return buffer
    }
}
