/// How a piece of text looks. Meaning is never carried by the style alone.
struct Style: OptionSet, Hashable, Sendable {
    let rawValue: UInt8

    static let bold = Style(rawValue: 1)
    static let dim = Style(rawValue: 2)
    static let reverse = Style(rawValue: 4)
    /// The colour of what deserves attention, where there are colours.
    static let accent = Style(rawValue: 8)
    /// The colour of trouble.
    static let warning = Style(rawValue: 16)
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

    var text: String { runs.map(\.text).joined() }

    static func + (left: StyledLine, right: StyledLine) -> StyledLine {
        var line = left
        line.runs += right.runs
        return line
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
