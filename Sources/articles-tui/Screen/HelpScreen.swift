/// The list of keys that `?` shows.
enum HelpScreen {
    static func lines(width: Int, height: Int) -> [StyledLine] {
        let entries = Command.allCases.map { command in
            let (keys, text) = command.explanation
            return TextLayout.fitted(keys, to: 11) + " " + text
        }
        // As many columns as it takes for all of them to be seen, if they fit at all.
        let rows = max(height - 1, 1)
        let columns = max(1, min((entries.count + rows - 1) / rows, width / 26))
        let columnWidth = width / columns
        var lines = [StyledLine(TextLayout.fitted(" Keys", to: width), .bold)]
        let used = (entries.count + columns - 1) / columns
        for row in 0..<used {
            let cells = (0..<columns).compactMap { column -> String? in
                let index = column * used + row
                return index < entries.count ? TextLayout.fitted(" " + entries[index], to: columnWidth) : nil
            }
            lines.append(StyledLine(TextLayout.fitted(cells.joined(), to: width)))
        }
        while lines.count < height { lines.append(StyledLine(TextLayout.fitted("", to: width))) }
        return Array(lines.prefix(height))
    }
}
