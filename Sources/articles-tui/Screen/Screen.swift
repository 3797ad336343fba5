import ArticlesClient
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
        var lines = (layout.hasHeader ? [header] : []) + body + [StatusLine(model: model, now: now).line]
        if let input {
            // Above the status line, which goes on telling the truth, if there is room for both.
            lines[max(lines.count - 2, 0)] = input
        }
        return lines
    }

    private var body: [StyledLine] {
        let size = Size(width: layout.size.width, height: layout.bodyHeight)
        if let menu = model.menu { return filled(menuLines(menu), size) }
        if let offset = model.helpOffset {
            let lines = HelpScreen.lines(model.keys, symbols, width: size.width).dropFirst(offset)
            return filled(lines.map { cut($0, to: size.width) }, size)
        }
        switch layout.arrangement {
        case .split:
            let separator = StyledLine(symbols.vertical, .dim)
            return zip(drafts + list, reader).map { $0 + separator + $1 }
        case .stacked:
            let separator = String(repeating: symbols.horizontal, count: layout.size.width)
            return drafts + list + [StyledLine(separator, .dim)] + reader
        case .single:
            return model.focus == .reader ? reader : drafts + list
        }
    }

    /// What is typed, or asked.
    private var input: StyledLine? {
        let width = layout.size.width
        if let question = model.question {
            return cut(StyledLine(" " + words(question), [.bold, .warning]), to: width).padded(to: width)
        }
        guard let prompt = model.prompt else { return nil }
        // The part that ends a little behind the cursor.
        let label = prompt.kind.label
        let characters = Array(prompt.line).map { TerminalText.line(String($0)) } + [" "]
        var start = 0
        while start < prompt.cursor,
            DisplayWidth.of(label + characters[start...prompt.cursor].joined()) > max(width - 2, 1)
        {
            start += 1
        }
        let line =
            StyledLine(" " + label, [.bold, .accent]) + StyledLine(characters[start..<prompt.cursor].joined())
            + StyledLine(characters[prompt.cursor], .reverse)
            + StyledLine(characters[(prompt.cursor + 1)...].joined())
        return cut(line, to: width) + StyledLine(TextLayout.blanks(width - DisplayWidth.of(line.text)))
    }

    private func words(_ question: Question) -> String {
        switch question {
        case .delete(let article): "Delete \"\(TerminalText.line(article.title))\"? y/n"
        case .discard(let entry): "Discard \"\(TerminalText.line(entry.draft.title))\"? y/n"
        case .markAllRead(let ids): "Mark \(ids.count) \(ids.count == 1 ? "article" : "articles") as read? y/n"
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
