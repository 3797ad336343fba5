/// Finds web addresses in text.
enum LinkScanner {
    private static let schemes = ["https://", "http://"]
    private static let ending: Set<Character> = [
        ".", ",", ";", ":", "!", "?", "'", "\"", "]", "}", "*", "_", "。", "，", "、", "！", "？", "；", "：",
    ]

    static func ranges(in text: String) -> [Range<String.Index>] {
        guard text.utf8.contains(UInt8(ascii: "/")) else { return [] }
        var ranges: [Range<String.Index>] = []
        var rest = text[...]
        while let start = start(in: rest) {
            var end = start
            while end < text.endIndex, isPart(text[end]) { end = text.index(after: end) }
            end = withoutEnding(text[start..<end]).endIndex
            if schemes.contains(where: { text[start..<end].count > $0.count && text[start..<end].hasPrefix($0) }) {
                ranges.append(start..<end)
            }
            rest = text[max(end, text.index(after: start))...]
        }
        return ranges
    }

    private static func start(in text: Substring) -> String.Index? {
        var rest = text
        while let start = rest.firstIndex(of: "h") {
            if schemes.contains(where: { rest[start...].hasPrefix($0) }) { return start }
            rest = rest[text.index(after: start)...]
        }
        return nil
    }

    private static func isPart(_ character: Character) -> Bool {
        !character.isWhitespace && !"<>\"`|\\^[「」『』（）".contains(character) && !character.isNewline
            && character.unicodeScalars.allSatisfy { $0.value > 0x20 && $0.properties.generalCategory != .format }
    }

    /// What ends a sentence is no part of an address, nor is a bracket that was opened before it.
    private static func withoutEnding(_ link: Substring) -> Substring {
        var link = link
        while let last = link.last {
            let isUnopened = last == ")" && link.count { $0 == ")" } > link.count { $0 == "(" }
            guard ending.contains(last) || isUnopened else { break }
            link.removeLast()
        }
        return link
    }
}
