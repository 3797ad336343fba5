import NIOCore
import Testing

@testable import WebSocketCore

@Suite("permessage-deflate")
struct DeflateTests {
    /// The payload of a compressed text frame.
    private func payload(_ frame: ByteBuffer) -> [UInt8] {
        let bytes = Array(frame.readableBytesView)
        #expect(bytes[0] == 0xC1)
        return Array(bytes[(bytes[1] == 127 ? 10 : bytes[1] == 126 ? 4 : 2)...])
    }

    @Test("what is compressed can be inflated", arguments: [50, 300, 5000, 100_000])
    func roundTrip(count: Int) throws {
        let message = (0..<count).map { UInt8(truncatingIfNeeded: $0 % 23 &+ $0 / 1000) }
        let frame = try #require(MessageDeflater.textFrame(ByteBuffer(bytes: message).readableBytesView))
        #expect(frame.readableBytes < count)
        #expect(MessageInflater.inflate(payload(frame), maxBytes: count) == .success(message))
        #expect(MessageInflater.inflate(payload(frame), maxBytes: count - 1) == .failure(.tooLong))
    }

    @Test("what would become longer is left as it is")
    func incompressible() {
        for count in [0, 1, 2, 1000] {
            let message = (0..<count).map { _ in UInt8.random(in: 0...255) }
            #expect(MessageDeflater.textFrame(ByteBuffer(bytes: message).readableBytesView) == nil)
        }
    }

    @Test("a compressor keeps nothing from one message to the next")
    func independence() throws {
        let message = ByteBuffer(repeating: 65, count: 1000).readableBytesView
        let first = try #require(MessageDeflater.textFrame(message))
        #expect(MessageDeflater.textFrame(message) == first)
    }

    @Test("a stream that ends with a final block is read, an endless or broken one is not")
    func endings() {
        #expect(
            MessageInflater.inflate([0xF3, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00], maxBytes: 9)
                == .success(Array("Hello".utf8)))
        #expect(MessageInflater.inflate([0xFF, 0xFF], maxBytes: 9) == .failure(.malformed))
        // A stored block that says it has more than there is.
        #expect(MessageInflater.inflate([0x00, 0x10, 0x00, 0xEF, 0xFF, 1], maxBytes: 99) == .failure(.malformed))
    }
}
