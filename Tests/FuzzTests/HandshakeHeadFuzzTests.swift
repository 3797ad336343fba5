import NIOCore
import NIOEmbedded
import NIOHTTP1
import Testing

@testable import articled

@Suite("Any bytes as a handshake's head")
struct HandshakeHeadFuzzTests {
    /// The first request as the complete parser reads it, if it has no body and nothing follows.
    private func decode(_ bytes: [UInt8]) -> HTTPRequestHead? {
        let channel = EmbeddedChannel(handler: ByteToMessageHandler(HTTPRequestDecoder()))
        defer { _ = try? channel.finish() }
        _ = try? channel.writeInbound(ByteBuffer(bytes: bytes))
        guard case .head(let head)? = try? channel.readInbound(as: HTTPServerRequestPart.self),
            case .end? = try? channel.readInbound(as: HTTPServerRequestPart.self),
            (try? channel.readInbound(as: HTTPServerRequestPart.self)) == nil
        else { return nil }
        return head
    }

    @Test("what is read at all, the complete parser reads in the same way")
    func agreement() {
        let plain = "GET /articles?last=3&topic=a HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        var fuzzer = Fuzzer(
            [
                plain + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
                plain + "Origin: http://a\r\nSec-WebSocket-Protocol: articles.v1\r\nAuthorization: Bearer x\r\n\r\n",
                "GET /articles/ HTTP/1.1\r\nHost: a\r\nAccept: */*\r\n\r\n",
            ],
            pieces: [
                "\r\n", "\n", "\r", ": ", " ", "\t", "Transfer-Encoding: chunked\r\n", "Content-Length: 3\r\n",
                "Host: b\r\n",
                "#", "?", "%2", "\0", "Expect: 100-continue\r\n", " x: y\r\n", "HTTP/1.1", "\r\n\r\n",
            ])
        fuzzer.run { input, _ in
            guard let head = input.withUnsafeBytes({ HandshakeHead.read($0) }) else { return }
            guard let decoded = decode(input) else { throw Broken(description: "the complete parser refuses it") }
            try require(decoded == head, "read as \(head), decoded as \(decoded)")
        }
    }

    @Test("a plain handshake is read")
    func plain() {
        let text = "GET /articles?last=0 HTTP/1.1\r\nHost: a:1\r\nUpgrade: websocket\r\n\r\n"
        let head = Array(text.utf8).withUnsafeBytes { HandshakeHead.read($0) }
        #expect(head?.uri == "/articles?last=0")
        #expect(head?.headers["upgrade"] == ["websocket"])
        for count in 0..<text.utf8.count {
            #expect(Array(text.utf8.prefix(count)).withUnsafeBytes { HandshakeHead.read($0) } == nil)
        }
        #expect(Array((text + "x").utf8).withUnsafeBytes { HandshakeHead.read($0) } == nil)
    }
}
