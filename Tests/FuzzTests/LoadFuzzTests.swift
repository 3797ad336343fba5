import Foundation
import Testing

@testable import articlesctl

/// What `articlesctl bench` reads: any server may send it anything.
@Suite("Any bytes as a measured server's")
struct LoadFuzzTests {
    /// Bytes that end where memory ends, so that reading behind them is a crash and not luck.
    private static func atTheEdge<Result>(
        _ bytes: [UInt8], _ body: (UnsafeMutablePointer<UInt8>) throws -> Result
    ) throws -> Result {
        let page = Int(sysconf(Int32(_SC_PAGESIZE)))
        let room = (bytes.count + page - 1) / page * page
        guard let memory = mmap(nil, room + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
            memory != MAP_FAILED
        else { throw Broken(description: "no memory") }
        defer { munmap(memory, room + page) }
        mprotect(memory + room, page, PROT_NONE)
        let place = (memory + room - bytes.count).assumingMemoryBound(to: UInt8.self)
        bytes.withUnsafeBufferPointer { if let base = $0.baseAddress { place.update(from: base, count: bytes.count) } }
        return try body(place)
    }

    private static func event(_ body: String, _ cursor: String) -> String {
        #"{"pk":1,"fields":{"body":"\#(body)","updated":null},"event":"created","cursor":"\#(cursor)"}"#
    }

    @Test("markers are the same with and without cursors, and each begins with its name")
    func markers() {
        var fuzzer = Fuzzer(
            [
                "[\(Self.event("BENCH:7:123:abc", "42-9c1e7a3b")),\(Self.event("BENCH:8:124:}{", "43-9c1e7a3b"))]",
                "data: BENCH:1:2:\n\n", "BENCH:18446744073709551615:18446744073709551615:",
                "{\"live\":{\"cursor\":\"1-00000000\"}}",
            ],
            pieces: ["BENCH:", "B", ":", "9", "\"cursor\":\"", "},\"event\":\"created\",\"cursor\":\"", "-", "}"])
        fuzzer.run { input, _ in
            try Self.atTheEdge(input) { bytes in
                var (with, without): ([Marker.Delivery], [Marker.Delivery]) = ([], [])
                Marker.scan(bytes, input.count, cursors: true) { with.append($0) }
                Marker.scan(bytes, input.count, cursors: false) { without.append($0) }
                _ = Marker.firstCursor(bytes, input.count)
                let names = input.indices.count { input[$0...].starts(with: "BENCH:".utf8) }
                try require(without.count <= names, "\(without.count) markers, but \(names) names")
                // A cursor that is looked for may lie behind other markers, which are passed over with it.
                try require(with.count <= without.count, "more markers with cursors")
                try require(with.first?.seq == without.first?.seq, "another first marker")
            }
        }
    }

    private static func frame(_ first: UInt8, _ payload: [UInt8]) -> [UInt8] {
        let length: [UInt8] =
            payload.count < 126 ? [UInt8(payload.count)] : [126, UInt8(payload.count >> 8), UInt8(payload.count & 255)]
        return [first] + length + payload
    }

    /// Kinds and payloads, read in pieces as they come, what is not complete kept until more comes.
    private static func frames(_ bytes: [UInt8], piece: Int) throws -> (kinds: [WebSocketReader.Frame], text: [[UInt8]])
    {
        var (kinds, payloads): ([WebSocketReader.Frame], [[UInt8]]) = ([], [])
        var (kept, rest) = ([UInt8](), bytes[...])
        var isOver = false
        while !rest.isEmpty, !isOver {
            kept += rest.prefix(piece)
            rest = rest.dropFirst(piece)
            let count = kept.count
            let used = try atTheEdge(kept) { memory in
                try read(memory, count) { kind, payload in
                    kinds.append(kind)
                    payloads.append(payload)
                    isOver = kind == .malformed
                    return !isOver
                }
            }
            kept.removeFirst(used)
        }
        return (kinds, payloads)
    }

    /// Frames with their payloads, which must lie within what came.
    private static func read(
        _ bytes: UnsafePointer<UInt8>, _ count: Int, _ body: (WebSocketReader.Frame, [UInt8]) -> Bool
    ) throws -> Int {
        let used = WebSocketReader.read(bytes, count) { kind, payload, length in
            body(kind, Array(UnsafeBufferPointer(start: payload, count: length)))
        }
        try require((0...count).contains(used), "\(used) of \(count) bytes used")
        return used
    }

    @Test("frames are the same however they come in pieces")
    func frames() {
        var fuzzer = Fuzzer(
            examples: [
                Self.frame(0x81, Array("[]".utf8)) + Self.frame(0x89, [1]), Self.frame(0x88, [3, 232]),
                Self.frame(0x82, [UInt8](repeating: 1, count: 300)), Self.frame(0x01, [65]) + Self.frame(0x80, [66]),
            ],
            pieces: [[0x81], [126], [127], [0x80], [UInt8](repeating: 0xFF, count: 8), Self.frame(0x8A, [])])
        fuzzer.run { input, random in
            let whole = try Self.frames(input, piece: max(input.count, 1))
            let pieces = try Self.frames(input, piece: Int.random(in: 1...9, using: &random))
            try require(whole.kinds == pieces.kinds && whole.text == pieces.text, "other frames in pieces")
        }
    }

    private static func decoded(_ bytes: [UInt8], piece: Int) throws -> (content: [UInt8], decoder: ChunkDecoder) {
        var decoder = ChunkDecoder()
        var content: [UInt8] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            let part = Array(rest.prefix(piece))
            rest = rest.dropFirst(piece)
            try atTheEdge(part) { memory in
                let count = decoder.decode(memory, part.count)
                try require((0...part.count).contains(count), "\(count) bytes out of \(part.count)")
                content += UnsafeBufferPointer(start: memory, count: count)
            }
        }
        return (content, decoder)
    }

    @Test("chunks mean the same however they come in pieces, and never more than was sent")
    func chunks() {
        var fuzzer = Fuzzer(
            ["5\r\nhello\r\n0\r\n\r\n", "1;a=b\r\nx\r\n10\r\n0123456789abcdef\r\n", "fffffffffff\r\n"],
            pieces: ["\r\n", "0", "a", "F", ";", "\n", "3\r\nabc\r\n"])
        fuzzer.run { input, random in
            let whole = try Self.decoded(input, piece: max(input.count, 1))
            let pieces = try Self.decoded(input, piece: Int.random(in: 1...5, using: &random))
            try require(whole.content == pieces.content && whole.decoder == pieces.decoder, "another meaning in pieces")
            try require(whole.content.count <= input.count, "more than was sent")
        }
    }

    @Test("an answer's head is within what came, and more behind it changes nothing")
    func answers() {
        var fuzzer = Fuzzer(
            [
                "HTTP/1.1 201 Created\r\nContent-Length: 12\r\nConnection: close\r\n\r\n{\"id\":1}",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "\r\n\r\n", "HTTP/1.1 204\r\n\r\n",
            ],
            pieces: ["\r\n", "\n", "\r\n\r\n", "Content-Length: ", "99999999999999999999", ":", "connection: close"])
        fuzzer.run { input, _ in
            let answer = try Self.atTheEdge(input) {
                HTTPAnswer(UnsafeBufferPointer(start: $0, count: input.count))
            }
            guard let answer else { return }
            try require((1...input.count).contains(answer.headBytes), "a head of \(answer.headBytes) bytes")
            try require(answer.contentLength.map { $0 >= 0 } ?? true, "a length of \(answer.contentLength ?? 0)")
            let longer = input + Array("\r\n\r\nHTTP/1.1 500\r\n\r\n".utf8)
            let again = longer.withUnsafeBufferPointer { HTTPAnswer($0) }
            try require(again == answer, "another answer with more behind it")
        }
    }
}
