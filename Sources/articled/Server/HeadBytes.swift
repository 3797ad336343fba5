#if canImport(Glibc)
    import Glibc
#endif

// What the heads of requests are made of (RFC 9110 section 5, RFC 9112 sections 2 to 5).

extension UInt8 {
    /// One bit for each character of a token (RFC 9110 section 5.6.2), of the first and the second 64.
    private static let tokenBits: (UInt64, UInt64) = {
        var bits: (UInt64, UInt64) = (0, 0)
        let characters = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
        for byte in characters.utf8 {
            if byte < 64 { bits.0 |= 1 << UInt64(byte) } else { bits.1 |= 1 << UInt64(byte - 64) }
        }
        return bits
    }()

    var isTokenByte: Bool {
        if self < 64 { return Self.tokenBits.0 >> UInt64(self) & 1 == 1 }
        return self < 128 && Self.tokenBits.1 >> UInt64(self - 64) & 1 == 1
    }

    /// ASCII that is no control character, nor a tab.
    var isPlainByte: Bool { (0x20..<0x7F).contains(self) }
}

extension UnsafeRawBufferPointer {
    /// A header's name and value (RFC 9112 section 5), if it is plain: ASCII without tabs and without spaces behind the
    /// value, which not everybody takes for none of the value's.
    func field(_ line: Range<Int>) -> (name: Range<Int>, value: Range<Int>)? {
        var colon = line.lowerBound
        while colon < line.upperBound, self[colon].isTokenByte { colon += 1 }
        guard colon > line.lowerBound, colon < line.upperBound, self[colon] == UInt8(ascii: ":") else { return nil }
        let value = withoutLeadingSpaces(colon + 1..<line.upperBound)
        guard self[value].allSatisfy(\.isPlainByte), self[value].last != UInt8(ascii: " ") else { return nil }
        return (line.lowerBound..<colon, value)
    }

    func starts(with text: StaticString) -> Bool {
        count >= text.utf8CodeUnitCount && memcmp(baseAddress!, text.utf8Start, text.utf8CodeUnitCount) == 0
    }

    /// Whether these bytes are how the text begins, or all of it.
    func isBeginning(of text: StaticString) -> Bool {
        guard let baseAddress else { return true }
        return count < text.utf8CodeUnitCount && memcmp(baseAddress, text.utf8Start, count) == 0
    }

    func lineFeed(from start: Int) -> Int? {
        guard start < count, let base = baseAddress, let found = memchr(base + start, 0x0A, count - start) else {
            return nil
        }
        return UnsafeRawPointer(found) - base
    }

    /// The place without the spaces that it begins with.
    func withoutLeadingSpaces(_ place: Range<Int>) -> Range<Int> {
        (self[place].firstIndex { $0 != UInt8(ascii: " ") } ?? place.upperBound)..<place.upperBound
    }

    /// Whether this is the text, which has no capital letters, in any case.
    func `is`(_ text: StaticString) -> Bool {
        count == text.utf8CodeUnitCount && begins(text)
    }

    func begins(_ text: StaticString) -> Bool {
        guard count >= text.utf8CodeUnitCount else { return false }
        for index in 0..<text.utf8CodeUnitCount where lowercased(self[index]) != text.utf8Start[index] { return false }
        return true
    }

    private func lowercased(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }

    /// Digits and nothing else.
    func number(_ place: Range<Int>, maxDigits: Int) -> Int? {
        guard (1...maxDigits).contains(place.count) else { return nil }
        var number = 0
        for byte in self[place] {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            number = number * 10 + Int(byte - UInt8(ascii: "0"))
        }
        return number
    }
}
