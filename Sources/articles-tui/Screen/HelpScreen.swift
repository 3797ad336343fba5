/// The keys, which `?` shows over everything else.
enum HelpScreen {
    private static let keyWidth = 14

    /// The heading, a line for each command, and the marks.
    static let lineCount = Command.allCases.count + 3

    static func lines(_ symbols: Symbols) -> [StyledLine] {
        let commands = Command.allCases.map { command in
            let keys = command.keys.map(\.description).joined(separator: " ")
            return StyledLine(" " + TextLayout.fitted(keys, to: keyWidth, ellipsis: symbols.ellipsis), .bold)
                + StyledLine(" " + command.explanation)
        }
        return [StyledLine(" Keys", [.bold, .accent])] + commands + [
            StyledLine(),
            StyledLine(" \(symbols.unread) unread  > selected"),
        ]
    }
}
