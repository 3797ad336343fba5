import NIOCore
import NIOEmbedded
import NIOHTTP1
import Testing

@testable import articled

@Suite("Any bytes as a publication's head")
struct PublicationHeadFuzzTests {
    /// The first request as the complete parser reads it; `nil` if it does not.
    private func decode(_ bytes: [UInt8]) -> (head: HTTPRequestHead, body: ByteBuffer)? {
        let channel = EmbeddedChannel(handler: ByteToMessageHandler(HTTPRequestDecoder()))
        defer { _ = try? channel.finish() }
        _ = try? channel.writeInbound(ByteBuffer(bytes: bytes))
        guard case .head(let head)? = try? channel.readInbound(as: HTTPServerRequestPart.self) else { return nil }
        var body = ByteBuffer()
        while let part = try? channel.readInbound(as: HTTPServerRequestPart.self) {
            switch part {
            case .body(var piece): body.writeBuffer(&piece)
            case .end: return (head, body)
            case .head: return nil
            }
        }
        return nil
    }

    @Test("what is read at all, the complete parser reads in the same way")
    func agreement() {
        let plain = "POST /api/articles/ HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer x\r\nContent-Length: 2\r\n"
        var fuzzer = Fuzzer(
            [
                plain + "\r\n{}", plain + "Content-Type: application/json\r\nIdempotency-Key: k\r\n\r\n{}",
                plain + "X-Request-ID: abc-1\r\nX-Request-ID: d\r\n\r\n{}", plain + "x-request-id: abc-1\r\n\r\n{}",
                plain + "X-Forwarded-For: 1.2.3.4\r\nConnection: close\r\n\r\n[]GET / HTTP/1.1\r\n\r\n",
            ],
            pieces: [
                "\r\n", "\n", "\r", ": ", " ", "\t", "Transfer-Encoding: chunked\r\n", "Content-Length: 3\r\n",
                "Host: b\r\n", "0", "-", ",", "\0", "Connection: upgrade\r\n", "Expect: 100-continue\r\n", " x: y\r\n",
            ])
        fuzzer.run { input, _ in
            guard case .head(let head) = input.withUnsafeBytes({ PublicationHead.read($0) }) else { return }
            guard input.count >= head.length + head.contentLength else { return }
            let text = { (place: Range<Int>) in String(decoding: input[place], as: UTF8.self) }
            guard let (decoded, body) = decode(input) else {
                throw Broken(description: "the complete parser refuses it")
            }
            try require(decoded.method == .POST && decoded.version == .http1_1, "another request line")
            try require(decoded.headers["authorization"] == [text(head.authorization)], "another Authorization")
            try require(decoded.headers["content-type"] == (head.contentType.map { [text($0)] } ?? []), "another type")
            try require(
                decoded.headers["idempotency-key"] == (head.idempotencyKey.map { [text($0)] } ?? []), "another key")
            try require(
                decoded.headers["x-request-id"] == (head.requestID.map { [text($0)] } ?? []), "another request id")
            try require(
                decoded.headers["x-forwarded-for"]
                    == head.forwarding.filter { text($0.name).lowercased() == "x-forwarded-for" }.map { text($0.value) },
                "another client")
            try require(decoded.headers["host"].count == 1, "not one host")
            try require(decoded.headers["transfer-encoding"].isEmpty, "another way to find the end")
            try require(decoded.isKeepAlive == !head.isLast, "another end of the connection")
            let end = head.length + head.contentLength
            try require(Array(body.readableBytesView) == Array(input[head.length..<end]), "another body")
        }
    }
}
