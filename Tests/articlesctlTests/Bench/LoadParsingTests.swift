import Core
import Testing

@testable import articlesctl

@Suite("What a load reads")
struct LoadParsingTests {
    private func deliveries(_ text: String, cursors: Bool = true) -> [Marker.Delivery] {
        var found: [Marker.Delivery] = []
        let bytes = Array(text.utf8)
        bytes.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            Marker.scan(base, buffer.count, cursors: cursors) { found.append($0) }
        }
        return found
    }

    private func event(_ body: String, _ cursor: String, _ kind: String = "created") -> String {
        #"{"model":"articles.article","pk":1,"fields":{"title":"bench","body":"\#(body)","updated":null},"event":"\#(kind)","#
            + #""cursor":"\#(cursor)"}"#
    }

    @Test("a marker and its event's cursor are found in a frame, as often as there are events")
    func markers() {
        let frame = "[\(event("BENCH:7:123:abc", "42-9c1e7a3b")),\(event("BENCH:8:124:abc", "43-9c1e7a3b"))]"
        #expect(
            deliveries(frame) == [
                Marker.Delivery(seq: 7, time: 123, place: 42, nonce: 0x9C1E_7A3B),
                Marker.Delivery(seq: 8, time: 124, place: 43, nonce: 0x9C1E_7A3B),
            ])
    }

    @Test("markers are found in anything, where no cursors are looked for")
    func anything() {
        let found = deliveries("\u{1}\0BENCH:1:2:abc\r\nid: BENCH:3:4:", cursors: false)
        #expect(found.map(\.seq) == [1, 3] && found.allSatisfy { $0.place == 0 })
    }

    @Test("a cursor is found behind a body with braces too")
    func braces() {
        #expect(deliveries("[\(event("BENCH:1:2:}{", "5-00000001"))]").first?.place == 5)
    }

    @Test(
        "what only begins like a marker is none",
        arguments: [
            "", "B", "BENCH", "BENCH:", "BENCH:1", "BENCH:1:", "BENCH:1:2", "BENCH::", "BENCHBENCH", "BENCH:x:1:",
        ])
    func noMarkers(text: String) {
        // An empty number is one, but its colon must follow.
        #expect(deliveries(text).allSatisfy { $0.seq == 0 })
    }

    @Test(
        "a marker that was written is read again", arguments: [(1, 1), (999, 1000), (.max, .max)] as [(UInt64, UInt64)])
    func written(seq: UInt64, time: UInt64) {
        var bytes = [UInt8](repeating: UInt8(ascii: "x"), count: Marker.maxBytes)
        bytes.withUnsafeMutableBufferPointer { if let base = $0.baseAddress { Marker.write(seq, time, at: base) } }
        let found = deliveries(String(decoding: bytes, as: UTF8.self))
        #expect(found == [Marker.Delivery(seq: seq, time: time, place: 0, nonce: 0)])
    }

    @Test("chunks are taken off, wherever the pieces end")
    func chunks() {
        let content = "data: one\n\n" + String(repeating: "x", count: 300) + "\n"
        let coded = "b\r\ndata: one\n\n\r\n12d;name=value\r\n" + content.dropFirst(11) + "\r\n0\r\n\r\n"
        for size in 1...40 {
            var decoder = ChunkDecoder()
            var decoded: [UInt8] = []
            var rest = Array(coded.utf8)[...]
            while !rest.isEmpty {
                var piece = Array(rest.prefix(size))
                rest = rest.dropFirst(size)
                let count = piece.withUnsafeMutableBufferPointer { buffer in
                    buffer.baseAddress.map { decoder.decode($0, buffer.count) } ?? 0
                }
                decoded += piece.prefix(count)
            }
            #expect(String(decoding: decoded, as: UTF8.self) == content)
            #expect(decoder.isEnded)
        }
    }

    @Test("what is no chunk is told", arguments: ["x\r\n", "\r\n", "fffffffffff\r\n"])
    func noChunks(text: String) {
        var decoder = ChunkDecoder()
        var bytes = Array(text.utf8)
        _ = bytes.withUnsafeMutableBufferPointer { buffer in
            buffer.baseAddress.map { decoder.decode($0, buffer.count) }
        }
        #expect(decoder.isMalformed)
    }

    private func frames(_ bytes: [UInt8]) -> (kinds: [WebSocketReader.Frame], sizes: [Int], used: Int) {
        var (kinds, sizes): ([WebSocketReader.Frame], [Int]) = ([], [])
        let used = bytes.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return 0 }
            return WebSocketReader.read(base, buffer.count) { kind, _, length in
                kinds.append(kind)
                sizes.append(length)
                return true
            }
        }
        return (kinds, sizes, used)
    }

    @Test("frames of all lengths are read when they are complete")
    func lengths() {
        for length in [0, 1, 125, 126, 65_535, 65_536] {
            let header: [UInt8] =
                switch length {
                case ..<126: [0x81, UInt8(length)]
                case ..<65_536: [0x81, 126, UInt8(length >> 8), UInt8(length & 255)]
                default: [0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]
                }
            let frame = header + [UInt8](repeating: 120, count: length)
            let whole = frames(frame + [0x89, 0])
            #expect(whole.kinds == [.data, .ping] && whole.sizes == [length, 0] && whole.used == frame.count + 2)
            let cut = frames(Array(frame.dropLast()))
            #expect(cut.kinds.isEmpty && cut.used == 0)
        }
    }

    @Test(
        "what a server must not send is malformed",
        arguments: [
            [0x81, 0x80, 0, 0, 0, 0], [0xC1, 0], [0x83, 0], [0x81, 127, 255, 0, 0, 0, 0, 0, 0, 0], [0x89, 126, 0, 126],
        ] as [[UInt8]])
    func malformed(bytes: [UInt8]) {
        #expect(frames(bytes).kinds == [.malformed])
    }

    @Test("a client's frame is read as it was meant", arguments: [0, 1, 125, 126, 65_535, 65_536])
    func clientFrames(length: Int) {
        let payload = [UInt8](repeating: 7, count: length)
        var frame = WebSocketReader.clientFrame(opcode: 2, payload)
        // As if a server had sent it: without the mask, which is all zeros.
        frame[1] &= 0x7F
        let header = frame.count - length - 4
        frame.removeSubrange(header..<(header + 4))
        let read = frames(frame)
        #expect(read.kinds == [.binary] && read.sizes == [length] && read.used == frame.count)
    }

    @Test("an answer without a length ends with its connection")
    func endOfAnswers() {
        func isComplete(_ text: String, isAtEnd: Bool) -> Bool? {
            Array(text.utf8).withUnsafeBufferPointer { bytes in
                HTTPAnswer(bytes)?.isComplete(bytes, isAtEnd: isAtEnd)
            }
        }
        #expect(isComplete("HTTP/1.0 200 OK\r\n\r\nx", isAtEnd: false) == false)
        #expect(isComplete("HTTP/1.0 200 OK\r\n\r\nx", isAtEnd: true) == true)
        #expect(isComplete("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nx", isAtEnd: true) == false)
    }

    @Test("an answer's head is read when it is complete")
    func answers() {
        let text = "HTTP/1.1 201 Created\r\nContent-Length: 12\r\nConnection: Close\r\n\r\n"
        func answer(_ text: String) -> HTTPAnswer? { Array(text.utf8).withUnsafeBufferPointer { HTTPAnswer($0) } }
        #expect(answer(String(text.dropLast())) == nil)
        let whole = answer(text + "rest")
        #expect(whole?.status == 201 && whole?.contentLength == 12 && whole?.headBytes == text.utf8.count)
        #expect(answer("HTTP/1.1 204 No Content\r\n\r\n")?.contentLength == 0)
        #expect(answer("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")?.isChunked == true)
        #expect(answer("nonsense\r\n\r\n")?.status == 0)
    }
}
