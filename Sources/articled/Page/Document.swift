import Crypto
import NIOCore

/// A body that is made once and sent to many, as it is and compressed.
struct Document: Sendable {
    let mediaType: String
    let content: ByteBuffer
    /// The same with `Content-Encoding: gzip`; `nil` if that would not be shorter.
    let compressed: ByteBuffer?
    /// The beginning of the content's hash: what its validators and addresses are made of.
    let hash: String

    /// - Parameter hashBytes: how much of the hash there is, 2 digits for each.
    init(_ bytes: [UInt8], mediaType: String, hashBytes: Int = 8) {
        self.mediaType = mediaType
        content = ByteBuffer(bytes: bytes)
        compressed = Gzip.compress(bytes)
        hash = SHA256.hash(data: bytes).prefix(hashBytes).map { byte in
            String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
        }.joined()
    }

    /// What it takes on the wire for a browser.
    var wireBytes: Int { (compressed ?? content).readableBytes }

    /// What it takes in memory.
    var bytes: Int { content.readableBytes + (compressed?.readableBytes ?? 0) }
}
