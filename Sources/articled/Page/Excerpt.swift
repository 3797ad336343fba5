/// The beginning of a body, as the list shows it; the page's script cuts in the same way.
struct Excerpt: Hashable, Sendable {
    static let maxLength = 1200
    static let maxLines = 14

    let text: String
    let isCut: Bool

    init(of body: String) {
        let scalars = body.unicodeScalars
        var end = scalars.startIndex
        var length = 0
        var lines = 1
        var lastSpace: (index: String.UnicodeScalarView.Index, length: Int)?
        while end < scalars.endIndex, length < Self.maxLength {
            let scalar = scalars[end]
            if scalar == "\n" {
                lines += 1
                if lines > Self.maxLines { break }
            }
            if scalar == " " || scalar == "\n" { lastSpace = (end, length) }
            end = scalars.index(after: end)
            length += 1
        }
        guard end < scalars.endIndex else {
            text = body
            isCut = false
            return
        }
        // Between words, unless a word is very long or the script has no spaces.
        if lines <= Self.maxLines, let lastSpace, lastSpace.length > Self.maxLength / 2 { end = lastSpace.index }
        var head = Substring(scalars[..<end])
        while head.last?.isWhitespace == true { head.removeLast() }
        text = head + " …"
        isCut = true
    }
}

extension Excerpt {
    /// The beginning of a body as one short line, for those who list pages; `nil` if it has no words.
    static func line(of body: String) -> String? {
        let words = body.prefix(2000).split(whereSeparator: \.isWhitespace)
        var line = ""
        for word in words {
            let longer = line.isEmpty ? String(word.prefix(160)) : "\(line) \(word)"
            guard longer.count <= 160 else { return line + " …" }
            line = longer
        }
        return line.isEmpty ? nil : line
    }
}
