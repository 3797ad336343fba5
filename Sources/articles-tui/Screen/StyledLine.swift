/// How a piece of text looks: what it is, which a theme gives colours to, and emphasis. Meaning is never carried by the
/// style alone.
struct Style: OptionSet, Hashable, Sendable {
    let rawValue: UInt16

    static let bold = Style(rawValue: 1)
    static let dim = Style(rawValue: 2)
    static let reverse = Style(rawValue: 4)
    static let underline = Style(rawValue: 8)

    /// The lines at the top and the bottom.
    static let bar = Style(rawValue: 1 << 4)
    static let time = Style(rawValue: 1 << 5)
    static let topic = Style(rawValue: 1 << 6)
    static let unread = Style(rawValue: 1 << 7)
    static let link = Style(rawValue: 1 << 8)
    /// What deserves attention.
    static let accent = Style(rawValue: 1 << 9)
    /// Trouble.
    static let warning = Style(rawValue: 1 << 10)
    /// Where the keys act.
    static let selected = Style(rawValue: 1 << 11)
    /// What a search has found.
    static let match = Style(rawValue: 1 << 12)
}

/// One line of the screen, as pieces of text.
struct StyledLine: Hashable, Sendable {
    struct Run: Hashable, Sendable {
        var text: String
        var style: Style
    }

    var runs: [Run] = []

    init(_ text: String = "", _ style: Style = []) {
        if !text.isEmpty { runs = [Run(text: text, style: style)] }
    }

    /// A text in which parts have more of a style than the rest; the parts in order and apart from each other.
    init(_ text: String, _ style: Style, parts: [Range<String.Index>], _ more: Style) {
        var start = text.startIndex
        for part in parts where part.lowerBound >= start {
            append(String(text[start..<part.lowerBound]), style)
            append(String(text[part]), style.union(more))
            start = part.upperBound
        }
        append(String(text[start...]), style)
    }

    var text: String { runs.map(\.text).joined() }

    static func + (left: StyledLine, right: StyledLine) -> StyledLine {
        var line = left
        line.runs += right.runs
        return line
    }

    private mutating func append(_ text: String, _ style: Style) {
        if !text.isEmpty { runs.append(Run(text: text, style: style)) }
    }

    /// The line filled up with blanks in the style of its end.
    func padded(to width: Int) -> StyledLine {
        self + StyledLine(TextLayout.blanks(width - DisplayWidth.of(text)), runs.last?.style ?? [])
    }

    func adding(_ style: Style) -> StyledLine {
        var line = self
        for index in line.runs.indices { line.runs[index].style.formUnion(style) }
        return line
    }
}
