/// The keys, which `?` shows over everything else.
enum HelpScreen {
    private static let keyWidth = 14
    private static let columnWidth = 58

    private static func columns(_ width: Int) -> Int { width >= 2 * columnWidth ? 2 : 1 }

    private static var commandCount: Int { Command.allCases.count + 1 }

    /// The heading, a line for each command or two of them, and the marks.
    static func lineCount(width: Int) -> Int {
        (commandCount + columns(width) - 1) / columns(width) + 3
    }

    static func lines(_ keys: KeyMap, _ symbols: Symbols, width: Int) -> [StyledLine] {
        var commands = Command.allCases.map { command in
            line(keys.keys(command).map(\.description).joined(separator: " "), command.explanation, symbols)
        }
        commands.append(line("1 … 9".replacing("…", with: symbols.ellipsis), "a topic; in the article a link", symbols))
        let columns = columns(width)
        let height = (commands.count + columns - 1) / columns
        let body = (0..<height).map { row in
            guard columns > 1, row + height < commands.count else { return commands[row] }
            return commands[row].padded(to: columnWidth) + commands[row + height]
        }
        return [StyledLine(" Keys", [.bold, .accent])] + body + [
            StyledLine(),
            StyledLine(
                " \(symbols.unread) unread  > selected  \(symbols.hole) others below it are not loaded", .dim),
        ]
    }

    private static func line(_ keys: String, _ explanation: String, _ symbols: Symbols) -> StyledLine {
        StyledLine(" " + TextLayout.fitted(keys, to: keyWidth, ellipsis: symbols.ellipsis), .bold)
            + StyledLine(" " + explanation)
    }
}
