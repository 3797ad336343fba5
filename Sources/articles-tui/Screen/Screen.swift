import Core

/// What the terminal shows: a function of the model and the moment.
struct Screen {
    let model: Model
    /// For what is counted down.
    let now: ContinuousClock.Instant
    /// For what is called today.
    let today: Timestamp

    var layout: Layout { model.layout }
    var symbols: Symbols { model.appearance.symbols }

    /// As many lines as the terminal has, none wider than it.
    func lines() -> [StyledLine] {
        (layout.hasHeader ? [header] : []) + body + [StatusLine(model: model, now: now).line]
    }

    private var header: StyledLine {
        let width = layout.size.width
        let topics = TopicsText.of(model.source.query.filter)
        let counts = CountsText.of(model) + " "
        let left = fitted(" Articles  \(model.source.server)  \(topics)", to: width)
        guard width >= 60 else { return StyledLine(left, [.reverse, .bold]) }
        let room = width - DisplayWidth.of(counts) - 1
        return StyledLine(
            fitted(" Articles  \(model.source.server)  \(topics)", to: room) + " " + counts, [.reverse, .bold])
    }

    private var body: [StyledLine] {
        if let offset = model.helpOffset {
            let lines = HelpScreen.lines(symbols).dropFirst(offset).map { cut($0, to: layout.size.width) }
            return filled(Array(lines), Size(width: layout.size.width, height: layout.bodyHeight))
        }
        switch layout.arrangement {
        case .split:
            let separator = StyledLine(symbols.vertical, .dim)
            return zip(list, reader).map { $0 + separator + $1 }
        case .stacked:
            let separator = String(repeating: symbols.horizontal, count: layout.size.width)
            return list + [StyledLine(separator, .dim)] + reader
        case .single:
            return model.focus == .reader ? reader : list
        }
    }

    /// A line cut to a width, run by run.
    func cut(_ line: StyledLine, to width: Int) -> StyledLine {
        var room = width
        var result = StyledLine()
        for run in line.runs where room > 0 {
            let columns = min(DisplayWidth.of(run.text), room)
            result = result + StyledLine(fitted(run.text, to: columns), run.style)
            room -= columns
        }
        return result
    }

    /// Lines that fill a pane exactly.
    func filled(_ lines: [StyledLine], _ size: Size) -> [StyledLine] {
        (0..<size.height).map { index in
            index < lines.count ? lines[index].padded(to: size.width) : StyledLine(TextLayout.blanks(size.width))
        }
    }

    func fitted(_ text: String, to width: Int) -> String {
        TextLayout.fitted(text, to: width, ellipsis: symbols.ellipsis)
    }
}
