/// Appends JSON to bytes, without an intermediate value.
///
/// Strings are written as UTF-8; only what RFC 8259 section 7 demands is escaped, and U+2028 and U+2029, at which
/// readers of lines might split.
public struct JSONWriter: Sendable {
    /// What has been written.
    public private(set) var bytes: [UInt8] = []

    /// - Parameter capacity: bytes to make room for.
    public init(capacity: Int = 256) {
        bytes.reserveCapacity(capacity)
    }

    /// Appends text that is JSON already.
    public mutating func raw(_ text: StaticString) {
        bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Appends bytes that are JSON already.
    public mutating func raw(_ json: some Sequence<UInt8>) {
        bytes.append(contentsOf: json)
    }

    public mutating func integer(_ value: Int64) {
        var digits: (UInt64, UInt64, UInt64) = (0, 0, 0)
        withUnsafeMutableBytes(of: &digits) { digits in
            // From the end; the longest is `-9223372036854775808`, of twenty characters.
            var start = digits.count
            var rest = value.magnitude
            repeat {
                start -= 1
                digits[start] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            } while rest > 0
            if value < 0 {
                start -= 1
                digits[start] = UInt8(ascii: "-")
            }
            bytes.append(contentsOf: digits[start...])
        }
    }

    /// Appends a cursor, quotes included.
    public mutating func cursor(_ cursor: Cursor) {
        raw("\"")
        integer(cursor.seq)
        bytes.append(UInt8(ascii: "-"))
        for shift in stride(from: UInt32(28), through: 0, by: -4) {
            let digit = UInt8(truncatingIfNeeded: cursor.nonce >> shift & 15)
            bytes.append(digit + (digit < 10 ? UInt8(ascii: "0") : UInt8(ascii: "a") - 10))
        }
        raw("\"")
    }

    public mutating func string(_ value: String) {
        bytes.append(UInt8(ascii: "\""))
        var value = value
        value.withUTF8 { text in
            var index = 0
            while index < text.count {
                // 0xE2 may begin U+2028 or U+2029.
                let end = PlainText.end(in: text, from: index, or: 0xE2)
                bytes.append(contentsOf: text[index..<end])
                guard end < text.count else { break }
                if text[end] != 0xE2 {
                    escape(text[end])
                    index = end + 1
                } else if end + 2 < text.count, text[end + 1] == 0x80, text[end + 2] == 0xA8 || text[end + 2] == 0xA9 {
                    raw(text[end + 2] == 0xA8 ? "\\u2028" : "\\u2029")
                    index = end + 3
                } else {
                    bytes.append(0xE2)
                    index = end + 1
                }
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func escape(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): raw("\\\"")
        case UInt8(ascii: "\\"): raw("\\\\")
        case UInt8(ascii: "\n"): raw("\\n")
        case UInt8(ascii: "\r"): raw("\\r")
        case UInt8(ascii: "\t"): raw("\\t")
        default:
            let digits = Array("0123456789abcdef".utf8)
            raw("\\u00")
            bytes.append(digits[Int(byte >> 4)])
            bytes.append(digits[Int(byte & 15)])
        }
    }

    public mutating func value(_ value: JSONValue) {
        switch value {
        case .null: raw("null")
        case .bool(let bool): raw(bool ? "true" : "false")
        case .integer(let integer): self.integer(integer)
        case .number(let number): bytes.append(contentsOf: String(number).utf8)
        case .string(let string): self.string(string)
        case .array(let values):
            raw("[")
            for (index, value) in values.enumerated() {
                if index > 0 { raw(",") }
                self.value(value)
            }
            raw("]")
        case .object(let members):
            raw("{")
            for (index, member) in members.enumerated() {
                if index > 0 { raw(",") }
                string(member.name)
                raw(":")
                self.value(member.value)
            }
            raw("}")
        }
    }
}

extension JSONValue {
    /// The value as one line of JSON in UTF-8.
    public var bytes: [UInt8] {
        var writer = JSONWriter()
        writer.value(self)
        return writer.bytes
    }
}
