import Testing

@testable import articled

/// A head without the empty line behind it.
private let plainHead = """
    POST /api/articles/ HTTP/1.1
    Host: localhost:8000
    Authorization: Bearer secret
    Content-Type: application/json
    Content-Length: 12

    """

@Suite("The head of a plain publication")
struct PublicationHeadTests {
    private func read(_ text: String) -> PublicationHead.Reading {
        Array(text.replacing("\n", with: "\r\n").utf8).withUnsafeBytes { PublicationHead.read($0) }
    }

    private func text(_ place: Range<Int>?, of text: String) -> String? {
        place.map { String(decoding: Array(text.replacing("\n", with: "\r\n").utf8)[$0], as: UTF8.self) }
    }

    @Test("is read, whatever the case and the white space of its headers")
    func plain() throws {
        let request =
            "POST /api/articles HTTP/1.1\nhOST:x\nContent-length:  7\nauthorization:   Bearer a b\nX-Other: 1\n"
            + "Idempotency-Key: k\nX-Forwarded-For: 192.0.2.1\nConnection: CLOSE\n\n{\"a\":1}"
        guard case .head(let head) = read(request) else {
            Issue.record("was not read")
            return
        }
        #expect(text(head.authorization, of: request) == "Bearer a b")
        #expect(text(head.idempotencyKey, of: request) == "k")
        #expect(head.contentType == nil)
        #expect(head.contentLength == 7)
        #expect(head.isLast)
        #expect(text(head.forwarding.first?.name, of: request) == "X-Forwarded-For")
        #expect(text(head.forwarding.first?.value, of: request) == "192.0.2.1")
        #expect(head.length == request.replacing("\n", with: "\r\n").utf8.count - 7)
    }

    @Test("is incomplete as long as its end has not come")
    func incomplete() {
        let request = plainHead + "\n"
        let bytes = Array(request.replacing("\n", with: "\r\n").utf8)
        for count in 0..<bytes.count {
            #expect(bytes[..<count].withUnsafeBytes { PublicationHead.read($0) } == .incomplete, "after \(count) bytes")
        }
        guard case .head(let head) = read(request) else {
            Issue.record("was not read")
            return
        }
        #expect(head.length == bytes.count)
    }

    @Test(
        "is left to the complete parser where it is anything but plain",
        arguments: [
            "GET / HTTP/1.1\nHost: x\n\n",
            "POST /api/articles/ HTTP/1.0\nHost: x\n\n",
            "POST /api/articles/?x=1 HTTP/1.1\nHost: x\n\n",
            // Without what is needed.
            "POST /api/articles/ HTTP/1.1\nHost: x\nContent-Length: 1\n\n",
            "POST /api/articles/ HTTP/1.1\nAuthorization: Bearer x\nContent-Length: 1\n\n",
            "POST /api/articles/ HTTP/1.1\nHost: x\nAuthorization: Bearer x\n\n",
            // A password, which must be checked, and nothing known.
            "POST /api/articles/ HTTP/1.1\nHost: x\nAuthorization: Basic eDp5\nContent-Length: 1\n\n",
            "POST /api/articles/ HTTP/1.1\nHost: x\nAuthorization: Bearer\nContent-Length: 1\n\n",
        ]
            + [
                // Twice.
                "Host: y", "Content-Length: 12", "Authorization: Bearer y", "Content-Type: text/plain",
                // What two readers might understand in two ways.
                "Transfer-Encoding: chunked", "Content-Length : 12", "Name with space: x", " folded: x", ": no name",
                "no colon", "Bad: \u{0}", "Bad: \u{7F}", "Bad: é", "Bad: a\tb",
                "Bad: a\t", "Bad: a ", "Bad: a\rb",
                // What needs more than an answer.
                "Upgrade: websocket", "Expect: 100-continue", "Origin: http://x", "Connection: upgrade",
                "Connection: keep-alive, close", "Content-Encoding: gzip", "Trailer: x",
            ].map { plainHead + $0 + "\n\n" })
    func other(request: String) {
        #expect(read(request) == .other)
    }

    @Test(
        "has a length of digits only",
        arguments: ["", "-1", "+1", "1 2", "0x1", "1,1", "12345678901", "99999999999999999999", "1.0"])
    func lengths(length: String) {
        #expect(read(plainHead.replacing("Content-Length: 12", with: "Content-Length: \(length)") + "\n") == .other)
    }

    @Test("ends its lines with CR LF")
    func lineEnds() {
        #expect(Array((plainHead + "\n").utf8).withUnsafeBytes { PublicationHead.read($0) } == .other)
        let mixed = plainHead.replacing("\n", with: "\r\n").replacing("8000\r\n", with: "8000\n") + "\r\n"
        #expect(Array(mixed.utf8).withUnsafeBytes { PublicationHead.read($0) } == .other)
    }
}
