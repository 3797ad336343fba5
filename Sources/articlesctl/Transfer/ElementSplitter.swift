/// Cuts what comes in pieces of any size into JSON values: the lines of NDJSON, or the elements of an array, as Django's
/// `dumpdata` writes it, or of several, one behind the other. Holds one value at a time.
struct ElementSplitter {
    struct Element: Equatable {
        /// Where it begins, from 1.
        let line: Int
        let bytes: [UInt8]
    }

    private enum Form {
        case unknown, lines, array
    }

    /// What a value may have; a longer one can't be an article, and is cut off.
    private let maxBytes: Int
    private var form = Form.unknown
    private var line = 1
    private var start = 1
    private var bytes: [UInt8] = []
    private var depth = 0
    private var isInString = false
    private var isEscaped = false

    init(maxBytes: Int = 16 * 1024 * 1024) {
        self.maxBytes = maxBytes
    }

    /// Takes the next piece and returns the values that are complete with it.
    mutating func take(_ piece: some Sequence<UInt8>) -> [Element] {
        var elements: [Element] = []
        for byte in piece {
            if let element = take(byte) { elements.append(element) }
            if byte == UInt8(ascii: "\n") { line += 1 }
        }
        return elements
    }

    /// What is left when everything has come. Of an array that was cut off the last can't be read: half a value, or
    /// nothing.
    mutating func finish() -> [Element] {
        var elements = bytes.allSatisfy(Self.isSpace) ? [] : [end()]
        if form == .array, depth == 0, !isInString { elements.append(Element(line: line, bytes: [])) }
        return elements
    }

    private mutating func take(_ byte: UInt8) -> Element? {
        switch form {
        case .unknown:
            guard !Self.isSpace(byte) else { return nil }
            if byte == UInt8(ascii: "[") {
                form = .array
                return nil
            }
            form = .lines
            start = line
            bytes.append(byte)
        case .lines:
            if byte == UInt8(ascii: "\n") { return bytes.allSatisfy(Self.isSpace) ? skip() : end() }
            if bytes.isEmpty { start = line }
            append(byte)
        case .array:
            return takeInArray(byte)
        }
        return nil
    }

    private mutating func takeInArray(_ byte: UInt8) -> Element? {
        if isInString {
            append(byte)
            if isEscaped {
                isEscaped = false
            } else if byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else if byte == UInt8(ascii: "\"") {
                isInString = false
            }
            return nil
        }
        if depth == 0, byte == UInt8(ascii: ",") || byte == UInt8(ascii: "]") {
            if byte == UInt8(ascii: "]") { form = .unknown }
            return bytes.isEmpty ? nil : end()
        }
        if bytes.isEmpty {
            guard !Self.isSpace(byte) else { return nil }
            start = line
        }
        append(byte)
        switch byte {
        case UInt8(ascii: "\""): isInString = true
        case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
        case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
        default: break
        }
        return nil
    }

    private mutating func append(_ byte: UInt8) {
        if bytes.count <= maxBytes { bytes.append(byte) }
    }

    private mutating func skip() -> Element? {
        bytes.removeAll(keepingCapacity: true)
        return nil
    }

    private mutating func end() -> Element {
        defer { bytes.removeAll(keepingCapacity: true) }
        return Element(line: start, bytes: bytes)
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
    }
}
