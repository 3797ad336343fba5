internal import CZlib
import NIOCore

/// Compresses what is sent again and again, once (RFC 1952).
enum Gzip {
    /// The bytes, compressed; `nil` where that would not make them shorter.
    static func compress(_ bytes: [UInt8]) -> ByteBuffer? {
        var stream = z_stream()
        // 16 asks for the header and trailer of gzip instead of zlib's.
        let code = deflateInit2_(
            &stream, Z_BEST_COMPRESSION, Z_DEFLATED, MAX_WBITS + 16, 9, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
            CInt(MemoryLayout<z_stream>.size))
        guard code == Z_OK else { return nil }
        defer { deflateEnd(&stream) }
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: bytes.count) { output in
            let code = bytes.withUnsafeBufferPointer { input in
                // zlib does not write to its input.
                stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
                stream.avail_in = CUnsignedInt(input.count)
                stream.next_out = output.baseAddress
                stream.avail_out = CUnsignedInt(output.count)
                return deflate(&stream, Z_FINISH)
            }
            guard code == Z_STREAM_END else { return nil }
            return ByteBuffer(bytes: output[..<(output.count - Int(stream.avail_out))])
        }
    }
}
