import NIOCore
import Testing

@testable import articled

@Suite("Lines of a batch")
struct LineSplitterTests {
    private func lines(_ text: String, piece: Int, max: Int = 10) -> [LineSplitter.Content] {
        var splitter = LineSplitter(maxBytes: max)
        var lines: [LineSplitter.Line] = []
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            lines += splitter.take(ByteBuffer(bytes: rest.prefix(piece)).readableBytesView)
            rest = rest.dropFirst(piece)
        }
        if let last = splitter.finish() { lines.append(last) }
        #expect(lines.map(\.number) == Array(1..<lines.count + 1))
        return lines.map(\.content)
    }

    private func bytes(_ text: String) -> LineSplitter.Content { .bytes(Array(text.utf8)) }

    @Test("lines are the same however the bytes come", arguments: [1, 2, 3, 5, 100])
    func pieces(piece: Int) {
        let text = "a\nbc\r\n\n0123456789\n0123456789x\nafter\r\n\r\nlast"
        #expect(
            lines(text, piece: piece) == [
                bytes("a"), bytes("bc"), bytes(""), bytes("0123456789"), .tooLong, bytes("after"), bytes(""),
                bytes("last"),
            ])
    }

    @Test("what ends without a line feed is a line, nothing is none")
    func ends() {
        #expect(lines("", piece: 1) == [])
        #expect(lines("a", piece: 1) == [bytes("a")])
        #expect(lines("a\n", piece: 1) == [bytes("a")])
        #expect(lines("0123456789012", piece: 4) == [.tooLong])
    }
}
