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

    /// The line without what lies beyond a width.
    func clipped(to width: Int) -> StyledLine {
        var line = StyledLine()
        var used = 0
        for run in runs where used < width {
            let length = DisplayWidth.of(run.text)
            let text = used + length <= width ? run.text : TextLayout.fitted(run.text, to: width - used, ellipsis: "")
            line.runs.append(Run(text: text, style: run.style))
            used += length
        }
        return line
    }

    static func + (left: StyledLine, right: StyledLine) -> StyledLine {
        var line = left
        line.runs += right.runs
        return line
    }
}
