import Core

/// Keeps what follows from the rest in order: nothing here decides anything for the user.
extension Model {
    /// Brings selection, scrolling and the reading pane in line with what happened.
    mutating func settle() {
        settleSelection()
        settleTop()
        settleReader()
        settleHelp()
    }

    /// Lists what the view shows anew.
    mutating func refilter() {
        filtered = view.showsAll ? nil : list.rows.filter { view.shows($0, in: list) }
        findMatches()
        if let selection, !rows.holds(selection) {
            top = nil
            self.selection = rows.isEmpty ? nil : rows[min(rows.position(of: selection), rows.count - 1)]
        }
    }

    mutating func findMatches() {
        guard let search else { return }
        let matches = rows.filter { $0.gap == nil && search.matches($0.id, in: list) }
        self.search?.matches = matches
    }

    private mutating func settleSelection() {
        guard let newest = rows.last else {
            selection = nil
            return
        }
        if let selection, !rows.holds(selection) {
            let position = rows.position(of: selection)
            self.selection = rows[max(position - 1, 0)]
        }
        guard let selection else {
            self.selection = newest
            newestSeen = newest.id
            return
        }
        if selection.id == newest.id { newestSeen = newest.id }
    }

    /// Scrolls the list no further than it takes for the selection to be seen.
    private mutating func settleTop() {
        let height = max(layout.list.height, 1)
        let count = rows.count
        guard let selection else { return top = nil }
        // Counted from the newest, as they are shown.
        let selected = count - 1 - rows.position(of: selection)
        var first = top.map { max(count - 1 - rows.position(of: $0), 0) } ?? 0
        first = max(min(first, count - height, selected), selected - height + 1, 0)
        top = first == 0 ? nil : rows[count - 1 - first]
    }

    /// Breaks the article into lines again if it or the width changed, and keeps what was being read at the top.
    private mutating func settleReader() {
        if let selection, selection.gap == nil {
            if let article = list.article(selection.id) {
                held = article
            } else if held?.id != selection.id {
                held = nil
            }
        }
        let request = ReaderPage.Request(
            subject: subject, width: layout.textWidth, matcher: search?.matcher)
        if request != reader.request {
            let page = ReaderPage(request, source: source, appearance: appearance)
            readerOffset = page.isSameArticle(as: reader) ? page.offset(readerOffset, of: reader) : 0
            reader = page
        }
        readerOffset = max(0, min(readerOffset, reader.lines.count - layout.reader.height))
    }

    private mutating func settleHelp() {
        guard let helpOffset else { return }
        self.helpOffset = max(0, min(helpOffset, HelpScreen.lineCount(width: size.width) - layout.bodyHeight))
    }
}
