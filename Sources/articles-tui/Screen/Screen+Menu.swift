import ArticlesClient

/// Menus, which cover everything between header and status line.
extension Screen {
    func menuLines(_ menu: Menu) -> [StyledLine] {
        let width = layout.size.width
        let labels = min(menu.items.map { DisplayWidth.of(TerminalText.line($0.label)) }.max() ?? 0, width / 2)
        let items = menu.items.enumerated().dropFirst(menu.offset(height: layout.bodyHeight)).map { index, item in
            let isSelected = index == menu.selected
            let line =
                StyledLine((isSelected ? ">" : " ") + " " + fitted(TerminalText.line(item.label), to: labels) + "  ")
                + StyledLine(TerminalText.line(item.detail), .dim)
            let marked = cut(line, to: width).padded(to: width)
            return isSelected ? marked.adding(.selected) : marked
        }
        let heading = StyledLine(" \(menu.heading)", [.bold, .accent]) + StyledLine("  \(menu.hint)", .dim)
        return [cut(heading, to: width)] + items
    }
}

extension Menu {
    /// How many items are above the first that is shown, below the heading.
    func offset(height: Int) -> Int {
        max(0, selected - max(height - 1, 1) + 1)
    }
}
