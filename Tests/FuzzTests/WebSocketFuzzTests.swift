import NIOCore
import Testing

@testable import WebSocketCore

@Suite("Any bytes as a WebSocket client's")
struct WebSocketFuzzTests {
    private typealias Action = WebSocketConnection.Action

    /// A client's frame.
    private static func frame(_ first: UInt8, _ payload: [UInt8]) -> [UInt8] {
        let key: [UInt8] = [1, 2, 3, 4]
        let length: [UInt8] =
            payload.count < 126
            ? [0x80 | UInt8(payload.count)] : [0xFE, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)]
        return [first] + length + key + payload.enumerated().map { $1 ^ key[$0 & 3] }
    }

    private func actions(_ bytes: [UInt8], in pieces: [Int], compressed: Bool) -> [Action] {
        var connection = WebSocketConnection(maxMessageBytes: 200, acceptsCompression: compressed)
        var actions: [Action] = []
        var rest = bytes[...]
        for piece in pieces + [bytes.count] {
            connection.receive(ByteBuffer(bytes: rest.prefix(piece)).readableBytesView)
            rest = rest.dropFirst(piece)
            while let action = connection.next() { actions.append(action) }
        }
        return actions
    }

    @Test("however they are split they mean the same, and nothing follows an end", arguments: [false, true])
    func splitting(compressed: Bool) {
        let hello: [UInt8] = [0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00]
        var fuzzer = Fuzzer(
            examples: [
                Self.frame(0x81, Array("hello".utf8)), Self.frame(0x89, [1, 2, 3]), Self.frame(0x88, [0x03, 0xE8]),
                Self.frame(0x01, Array("a".utf8)) + Self.frame(0x80, Array("b".utf8)), Self.frame(0xC1, hello),
                Self.frame(0x41, Array(hello.prefix(3))) + Self.frame(0x80, Array(hello.dropFirst(3))),
                Self.frame(0x81, [UInt8](repeating: 65, count: 180)),
            ],
            pieces: [
                Self.frame(0x8A, []), Self.frame(0x81, [0xC3]), Self.frame(0x80, [0xA9]), [0x81, 0xFF], [0x88, 0x80],
            ])
        fuzzer.run { input, random in
            let pieces = (0..<6).map { _ in Int.random(in: 0...8, using: &random) }
            let whole = actions(input, in: [], compressed: compressed)
            try require(whole == actions(input, in: pieces, compressed: compressed), "another meaning in \(pieces)")
            for (index, action) in whole.enumerated() {
                switch action {
                case .close, .fail: try require(index == whole.count - 1, "something follows an end")
                case .text(let text): try require(text.utf8.count <= 200, "a message of \(text.utf8.count) bytes")
                case .pong(let payload): try require(payload.count <= 125, "a pong of \(payload.count) bytes")
                }
            }
        }
    }

    @Test("what a client that keeps to the rules says is understood")
    func validMessages() {
        var fuzzer = Fuzzer(["a", "größe", "", String(repeating: "x", count: 150)], pieces: ["😀", "y"])
        fuzzer.run { input, random in
            let text = String(decoding: input, as: UTF8.self)
            guard text.utf8.count <= 200 else { return }
            // In fragments anywhere, with pings between them.
            var bytes: [UInt8] = []
            var expected: [Action] = []
            var rest = Array(text.utf8)[...]
            var opcode: UInt8 = 1
            repeat {
                let count = Int.random(in: 0...rest.count, using: &random)
                let isLast = count == rest.count
                bytes += Self.frame(opcode | (isLast ? 0x80 : 0), Array(rest.prefix(count)))
                rest = rest.dropFirst(count)
                opcode = 0
                if isLast { break }
                if Bool.random(using: &random) {
                    bytes += Self.frame(0x89, [7])
                    expected.append(.pong([7]))
                }
            } while true
            expected.append(.text(text))
            try require(actions(bytes, in: [], compressed: false) == expected, "is not understood")
        }
    }

    @Test("an offer of compression is granted in words that the client knows, or not at all")
    func offers() {
        var fuzzer = Fuzzer(
            ["permessage-deflate; client_max_window_bits", "permessage-deflate;server_max_window_bits=15, x; y=\"z\""],
            pieces: [";", ",", "=", "\"", " ", "8", "16", "server_no_context_takeover", "permessage-deflate"])
        let granted = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
        fuzzer.run { input, _ in
            guard let answer = DeflateOffer.accept([String(decoding: input, as: UTF8.self)]) else { return }
            try require([granted, granted + "; server_max_window_bits=15"].contains(answer), "is answered \(answer)")
        }
    }

    @Test("what is inflated is within the limit; what was deflated comes back")
    func compression() {
        var fuzzer = Fuzzer(
            [String(repeating: "abc", count: 60), "{\"title\":\"x\"}"],
            pieces: [String(repeating: "\u{0}", count: 90), "é"])
        fuzzer.run { input, random in
            if case .success(let message) = MessageInflater.inflate(input, maxBytes: 200) {
                try require(message.count <= 200, "became \(message.count) bytes")
            }
            guard let frame = MessageDeflater.textFrame(ByteBuffer(bytes: input).readableBytesView) else { return }
            let bytes = Array(frame.readableBytesView)
            let payload = Array(bytes[(bytes[1] < 126 ? 2 : 4)...])
            try require(
                MessageInflater.inflate(payload, maxBytes: input.count) == .success(input), "does not come back")
            // Broken on the way: read or refused.
            var broken = payload
            broken[Int.random(in: 0..<broken.count, using: &random)] ^= 0x10
            _ = MessageInflater.inflate(broken, maxBytes: 200)
        }
    }
}
