internal import CZlib

/// Reads compressed messages (RFC 7692 section 7.2.2), each for itself and never longer than allowed.
enum MessageInflater {
    enum Failure: Error, Hashable {
        /// The bytes are no deflate stream.
        case malformed
        /// The message is longer than allowed.
        case tooLong
    }

    /// - Parameter maxBytes: how long the message may become.
    static func inflate(_ payload: [UInt8], maxBytes: Int) -> Result<[UInt8], Failure> {
        var stream = z_stream()
        guard inflateInit2_(&stream, -MAX_WBITS, ZLIB_VERSION, CInt(MemoryLayout<z_stream>.size)) == Z_OK else {
            return .failure(.malformed)
        }
        defer { inflateEnd(&stream) }
        var input = payload + MessageDeflater.tail
        // One byte more tells a message that just fits from one that does not.
        var output = [UInt8](repeating: 0, count: maxBytes + 1)
        let code = input.withUnsafeMutableBufferPointer { input in
            output.withUnsafeMutableBufferPointer { output in
                stream.next_in = input.baseAddress
                stream.avail_in = CUnsignedInt(input.count)
                stream.next_out = output.baseAddress
                stream.avail_out = CUnsignedInt(output.count)
                return CZlib.inflate(&stream, Z_SYNC_FLUSH)
            }
        }
        let length = output.count - Int(stream.avail_out)
        guard length <= maxBytes else { return .failure(.tooLong) }
        // A last block may end the stream before the tail does.
        guard code == Z_STREAM_END || (code == Z_OK && stream.avail_in == 0 && isBetweenBlocks(stream)) else {
            return .failure(.malformed)
        }
        return .success(Array(output[..<length]))
    }

    /// A message that was cut off ends inside a block, of which zlib then takes the tail for a part.
    private static func isBetweenBlocks(_ stream: z_stream) -> Bool {
        stream.data_type & 128 != 0
    }
}
