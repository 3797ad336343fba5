import NIOCore

/// Takes lines out of bytes that come in pieces, and never keeps more than one line of the longest length.
struct LineSplitter {
    enum Content: Hashable, Sendable {
        /// Without what ends it, a line feed or CR LF.
        case bytes([UInt8])
        /// Passed over up to its end.
        case tooLong
    }

    struct Line: Hashable, Sendable {
        /// From 1.
        let number: Int
        let content: Content
    }

    private let maxBytes: Int
    private var unfinished: [UInt8] = []
    private var isTooLong = false
    private var number = 0

    /// - Parameter maxBytes: the longest line.
    init(maxBytes: Int) {
        self.maxBytes = maxBytes
    }

    /// The lines that end within the next piece.
    mutating func take(_ piece: ByteBufferView) -> [Line] {
        var lines: [Line] = []
        var rest = piece
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            append(rest[..<end])
            lines.append(endLine())
            rest = rest[(end + 1)...]
        }
        append(rest)
        return lines
    }

    /// What came behind the last line feed; `nil` if there was nothing.
    mutating func finish() -> Line? {
        unfinished.isEmpty && !isTooLong ? nil : endLine()
    }

    private mutating func append(_ bytes: ByteBufferView) {
        guard !isTooLong else { return }
        if unfinished.count + bytes.count > maxBytes {
            isTooLong = true
            unfinished = []
        } else {
            unfinished += bytes
        }
    }

    private mutating func endLine() -> Line {
        number += 1
        defer {
            unfinished = []
            isTooLong = false
        }
        if isTooLong { return Line(number: number, content: .tooLong) }
        if unfinished.last == UInt8(ascii: "\r") { unfinished.removeLast() }
        return Line(number: number, content: .bytes(unfinished))
    }
}
