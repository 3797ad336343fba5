/// Finds a text in others, whatever the case of its letters.
struct TextMatcher: Hashable, Sendable {
    let text: String
    private let needle: [UInt8]
    private let isASCII: Bool

    init(_ text: String) {
        self.text = text
        needle = Array(text.lowercased().utf8)
        isASCII = needle.allSatisfy { $0 < 0x80 }
    }

    func matches(_ haystack: String) -> Bool {
        guard !needle.isEmpty else { return true }
        if !isASCII { return Self.contains(needle, in: haystack.lowercased()) }
        return Self.contains(needle, in: haystack)
    }

    /// Where it is, from left to right and apart from each other.
    func ranges(in haystack: String) -> [Range<String.Index>] {
        guard !needle.isEmpty, matches(haystack) else { return [] }
        var ranges: [Range<String.Index>] = []
        var start = haystack.startIndex
        while start < haystack.endIndex {
            guard let end = end(of: haystack[start...]) else {
                haystack.formIndex(after: &start)
                continue
            }
            ranges.append(start..<end)
            start = end
        }
        return ranges
    }

    /// The end of the text, if the other begins with it.
    private func end(of haystack: Substring) -> String.Index? {
        var rest = needle[...]
        for index in haystack.indices {
            let character = haystack[index].lowercased().utf8
            guard rest.starts(with: character) else { return nil }
            rest = rest.dropFirst(character.count)
            if rest.isEmpty { return haystack.index(after: index) }
        }
        return nil
    }

    private static func contains(_ needle: [UInt8], in haystack: String) -> Bool {
        var haystack = haystack
        return haystack.withUTF8 { bytes in
            guard bytes.count >= needle.count else { return false }
            for start in 0...(bytes.count - needle.count) {
                var offset = 0
                while offset < needle.count, lowercased(bytes[start + offset]) == needle[offset] { offset += 1 }
                if offset == needle.count { return true }
            }
            return false
        }
    }

    private static func lowercased(_ byte: UInt8) -> UInt8 {
        (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
    }
}
