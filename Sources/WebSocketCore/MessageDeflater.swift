internal import CZlib
public import NIOCore
import Synchronization

/// Compresses messages as permessage-deflate without context takeover does (RFC 7692 section 7.2.1): every message for
/// itself, so that one compressed message fits all connections.
///
/// Unchecked Sendable because whoever takes one out of the pool has it alone until it is put back.
public final class MessageDeflater: @unchecked Sendable {
    // Unchecked Sendable because whoever has taken it out of the pool is its only user.
    private let stream: UnsafeMutablePointer<z_stream>

    /// What ends a flushed stream, and is left out of a message.
    static let tail: [UInt8] = [0x00, 0x00, 0xFF, 0xFF]

    private static let pool = Mutex<[MessageDeflater]>([])

    private init?() {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        let code = deflateInit2_(
            stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
            CInt(MemoryLayout<z_stream>.size))
        guard code == Z_OK else {
            stream.deallocate()
            return nil
        }
    }

    deinit {
        deflateEnd(stream)
        stream.deallocate()
    }

    /// The message in a text frame, compressed; `nil` if that would be no shorter than as it is.
    ///
    /// From any thread; there are as many compressors as threads that used one at the same time.
    public static func textFrame(_ payload: ByteBufferView) -> ByteBuffer? {
        guard let deflater = pool.withLock({ $0.popLast() }) ?? MessageDeflater() else { return nil }
        defer { pool.withLock { $0.append(deflater) } }
        return deflater.frame(payload)
    }

    private func frame(_ payload: ByteBufferView) -> ByteBuffer? {
        guard deflateReset(stream) == Z_OK else { return nil }
        // Shorter than the message, or of no use; the tail is cut off afterwards.
        let room = payload.count + Self.tail.count
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: room) { output in
            let code = payload.withUnsafeBytes { input in
                // zlib does not write to its input.
                stream.pointee.next_in = UnsafeMutablePointer(
                    mutating: input.bindMemory(to: UInt8.self).baseAddress)
                stream.pointee.avail_in = CUnsignedInt(input.count)
                stream.pointee.next_out = output.baseAddress
                stream.pointee.avail_out = CUnsignedInt(room)
                return deflate(stream, Z_SYNC_FLUSH)
            }
            let length = room - Int(stream.pointee.avail_out) - Self.tail.count
            guard code == Z_OK, stream.pointee.avail_in == 0, stream.pointee.avail_out > 0, length > 0,
                length < payload.count
            else { return nil }
            var frame = ByteBuffer()
            frame.reserveCapacity(length + WebSocketFrames.maxHeaderBytes)
            WebSocketFrames.writeHeader(.text, length: length, isCompressed: true, to: &frame)
            frame.writeBytes(output[..<length])
            return frame
        }
    }
}
