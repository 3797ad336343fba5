import ArticlesClient
import Core

/// The list of articles, newest first.
extension Screen {
    var list: [StyledLine] {
        let rows = model.list.rows
        guard !rows.isEmpty else { return placeholder }
        let top = model.top.map { model.list.position(of: $0) } ?? rows.count - 1
        let visible = (0..<layout.list.height).map { top - $0 }.prefix { $0 >= 0 }.map { rows[$0] }
        return filled(visible.map(line), layout.list)
    }

    /// What stands where articles will be.
    private var placeholder: [StyledLine] {
        let text =
            switch model.link {
            case .live: "No articles yet. What is posted appears here."
            case .waiting, .connecting, .stale:
                "No articles yet: the server has not answered. It is tried again by itself."
            case .refused: "No articles: the server refused."
            case .catchingUp: ""
            }
        let lines = TextWrap(width: max(layout.list.width - 2, 1)).lines(text)
        return filled(lines.map { cut(StyledLine(" " + $0.text, .dim), to: layout.list.width) }, layout.list)
    }

    private func line(_ row: Row) -> StyledLine {
        let isSelected = row == model.selection
        let line = row.gap.map(gap) ?? model.list[row.id].map(article) ?? StyledLine()
        let marked = cut(StyledLine(isSelected ? ">" : " ") + line, to: layout.list.width).padded(to: layout.list.width)
        guard isSelected else { return marked }
        return marked.adding(model.focus == .list ? .reverse : .bold)
    }

    private func gap(_ reason: ControlMessage.ResetReason) -> StyledLine {
        StyledLine(fitted(GapText.label(reason, dash: symbols.dash), to: layout.list.width - 1), .warning)
    }

    private func article(_ article: Article) -> StyledLine {
        let width = layout.list.width
        let isUnread = model.list.unread.contains(article.id)
        let unread = isUnread ? symbols.unread : " "
        var head = StyledLine(unread + " ", .accent)
        if width >= 30 {
            let time = LocalTime(timeZone: model.appearance.timeZone).short(article.published, now: today)
            head = head + StyledLine(time + " ", .dim)
        }
        if width >= 46 {
            head = head + StyledLine(fitted(article.topic, to: min(width / 6, 12)) + " ", .dim)
        }
        let room = width - 1 - DisplayWidth.of(head.text)
        let isEdited = model.list.edited.contains(article.id) && room >= 2 * Self.edited.count
        let title = titled(article, room: room - (isEdited ? Self.edited.count : 0))
        return head + StyledLine(title, isUnread ? .bold : []) + StyledLine(isEdited ? Self.edited : "", .dim)
    }

    /// Stands behind the title, which gives way to it.
    private static let edited = " [edited]"

    private func titled(_ article: Article, room: Int) -> String {
        let title = TerminalText.line(article.title)
        return fitted(title, to: min(DisplayWidth.of(title), room))
    }
}
