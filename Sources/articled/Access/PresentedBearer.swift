import NIOCore

/// The bearer token that a connection has sent last, hashed: nearly all send the same one with each request.
struct PresentedBearer {
    private var header: [UInt8] = []
    private var hash: SecretHash?

    /// The hash of the token in an `Authorization` header; `nil` if the header is of another kind.
    ///
    /// - Parameter place: where the header's value is, counted from the first byte of the request.
    mutating func hash(of request: ByteBuffer, at place: Range<Int>) -> SecretHash? {
        request.withUnsafeReadableBytes { bytes in
            let value = UnsafeRawBufferPointer(rebasing: bytes[place])
            // Tells by its time only what the same client has said before.
            if let hash, value.elementsEqual(header) { return hash }
            header = Array(value)
            hash = Authenticator.bearerToken(String(decoding: value, as: UTF8.self)).map { SecretHash(of: $0) }
            return hash
        }
    }
}
