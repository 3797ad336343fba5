import ArticlesClient
import Core

/// The list of articles, newest first.
extension Screen {
    var list: [StyledLine] {
        let rows = model.rows
        guard !rows.isEmpty else { return placeholder }
        let top = model.top.map { rows.position(of: $0) } ?? rows.count - 1
        let visible = (0..<layout.list.height).map { top - $0 }.prefix { $0 >= 0 }.map { line(rows, $0) }
        return filled(visible, layout.list)
    }

    /// What waits to be posted, above the list.
    var drafts: [StyledLine] {
        let width = layout.list.width
        return model.outbox.prefix(layout.draftLines).map { entry in
            let label = StyledLine("  " + TerminalText.line(entry.label) + " ", .warning)
            return cut(label + StyledLine(TerminalText.line(entry.draft.title)), to: width).padded(to: width)
        }
    }

    /// What stands where articles will be.
    private var placeholder: [StyledLine] {
        let lines = TextWrap(width: max(layout.list.width - 2, 1)).lines(emptyText)
        return filled(lines.map { cut(StyledLine(" " + $0.text, .dim), to: layout.list.width) }, layout.list)
    }

    private var emptyText: String {
        if model.loadingPage != nil { return "Loading." }
        if let filter = model.view.filter {
            return "No article has \"\(TerminalText.line(filter.text))\". Esc shows all."
        }
        if model.view.isUnreadOnly { return "Nothing is unread. \(model.keys.hint(.unreadOnly)) shows all." }
        if let topic = model.view.topic { return "No articles in \(TerminalText.line(topic))." }
        switch model.link {
        case .live: return "No articles yet. What is posted appears here."
        case .waiting, .connecting, .stale:
            return "No articles yet: the server has not answered. It is tried again by itself."
        case .refused where model.source.isOffline: return "Nothing is in the cache of this server."
        case .refused: return "No articles: the server refused."
        case .catchingUp: return ""
        }
    }

    private func line(_ rows: [Row], _ position: Int) -> StyledLine {
        let row = rows[position]
        let isSelected = row == model.selection
        let line = row.gap.map(gap) ?? model.list[row.id].map(article) ?? StyledLine()
        let isBeforeHole =
            model.view.isContiguous && position > 0 && !Update.isCovered(rows[position - 1].id, row.id, model)
        let mark = isSelected ? ">" : isBeforeHole ? symbols.hole : " "
        let marked = cut(StyledLine(mark) + line, to: layout.list.width).padded(to: layout.list.width)
        guard isSelected else { return marked }
        return marked.adding(model.focus == .list ? .selected : .bold)
    }

    private func gap(_ reason: ControlMessage.ResetReason) -> StyledLine {
        StyledLine(fitted(GapText.label(reason, dash: symbols.dash), to: layout.list.width - 1), .warning)
    }

    private func article(_ article: Summary) -> StyledLine {
        let width = layout.list.width
        let isUnread = model.list.unread.contains(article.id)
        var head = StyledLine((isUnread ? symbols.unread : " ") + " ", .unread)
        if width >= 30 {
            let time = LocalTime(timeZone: model.appearance.timeZone).short(article.published, now: today)
            head = head + StyledLine(time + " ", [.dim, .time])
        }
        if width >= 46, model.view.topic == nil {
            head =
                head
                + StyledLine(fitted(TerminalText.line(article.topic), to: min(width / 6, 12)) + " ", [.dim, .topic])
        }
        let room = width - 1 - DisplayWidth.of(head.text)
        let isEdited = model.list.edited.contains(article.id) && room >= 2 * Self.edited.count
        let title = titled(article, room: room - (isEdited ? Self.edited.count : 0))
        let style: Style = isUnread ? .bold : []
        let matches = model.search?.matcher.ranges(in: title) ?? []
        return head + StyledLine(title, style, parts: matches, .match) + StyledLine(isEdited ? Self.edited : "", .dim)
    }

    /// Stands behind the title, which gives way to it.
    private static let edited = " [edited]"

    private func titled(_ article: Summary, room: Int) -> String {
        // Of a title that never ends no more is looked at than anybody reads.
        let title = TerminalText.line(String(article.title.prefix(1024)))
        return fitted(title, to: min(DisplayWidth.of(title), room))
    }
}
