import ArticlesClient
import Core
import Foundation

/// What the terminal shows: a function of the model and the size.
struct Screen {
    let width: Int
    let height: Int
    let usesASCII: Bool
    let timeZone: TimeZone

    /// Up to this many columns list and article are shown one at a time.
    static let stackedWidth = 84

    init(width: Int, height: Int, usesASCII: Bool = false, timeZone: TimeZone = .current) {
        self.width = max(width, 1)
        self.height = max(height, 1)
        self.usesASCII = usesASCII
        self.timeZone = timeZone
    }

    var isSplit: Bool { width > Self.stackedWidth }
    /// One line for the header and one for the status, if there is room; the status line is the last to go.
    var bodyHeight: Int { height - (height >= 3 ? 2 : 1) }
    var listWidth: Int { isSplit ? width * 2 / 5 : width }
    var readerWidth: Int { isSplit ? width - listWidth - 1 : width }
    /// Columns of text in the reader: lines that are too long are hard to read.
    var textWidth: Int { max(min(readerWidth - 2, 90), 1) }

    var page: (rows: Int, lines: Int) { (max(bodyHeight, 1), max(bodyHeight, 1)) }

    /// Exactly `height` lines of at most `width` columns.
    ///
    /// - Parameter listTop: the row at the top, counted from the newest; kept from one picture to the next so that
    ///   the list only moves when it must.
    func render(_ model: inout Model, listTop: inout Int, now: ContinuousClock.Instant, date: Date) -> [StyledLine] {
        var lines: [StyledLine] = []
        if height >= 3 { lines.append(header(model)) }
        lines += model.isHelpShown ? HelpScreen.lines(width: width, height: bodyHeight) : body(&model, &listTop, date)
        lines.append(status(model, now))
        return lines.map { $0.clipped(to: width) }
    }

    private func body(_ model: inout Model, _ listTop: inout Int, _ date: Date) -> [StyledLine] {
        guard isSplit else {
            return model.isReaderOpen ? reader(&model) : list(model, &listTop, date)
        }
        let separator = StyledLine(usesASCII ? "|" : "│", .dim)
        let left = list(model, &listTop, date)
        return zip(left, reader(&model)).map { $0 + separator + $1 }
    }

    // MARK: - Header and status

    private func header(_ model: Model) -> StyledLine {
        let topics = model.topics.isEmpty ? "all topics" : model.topics.joined(separator: ", ")
        return StyledLine(fitted(" Articles  \(model.server)  \(topics)"), [.reverse, .bold])
    }

    private func status(_ model: Model, _ now: ContinuousClock.Instant) -> StyledLine {
        let words = StatusText.words(model.link, now: now)
        let style: Style = model.link == .live ? [.reverse, .accent, .bold] : [.reverse, .warning, .bold]
        let count = model.articles.count
        var facts = [count == 1 ? "1 article" : "\(count) articles", "\(model.unread.count) unread"]
        if model.newCount > 0 { facts.append("\(model.newCount) new") }
        if model.isFollowing { facts.append("following") }
        if let reason = StatusText.reason(model.link) { facts.insert(reason, at: 0) }
        let hint = "? help "
        let left = TextLayout.fitted(" \(words) ", to: min(DisplayWidth.of(words) + 2, width), ellipsis: ellipsis)
        var rest = width - DisplayWidth.of(left)
        var middle = " " + facts.joined(separator: usesASCII ? " - " : " · ")
        if rest > DisplayWidth.of(middle) + hint.count {
            rest -= hint.count
            middle = fitted(middle, to: rest) + hint
        } else {
            middle = fitted(middle, to: rest)
        }
        return StyledLine(left, style) + StyledLine(middle, .reverse)
    }

    // MARK: - The list

    private func list(_ model: Model, _ top: inout Int, _ date: Date) -> [StyledLine] {
        let count = model.rows.count
        guard count > 0 else { return placeholder(model) }
        // Counted from the newest, as it is shown.
        let selected = model.selection.flatMap { model.index(of: $0) }.map { count - 1 - $0 } ?? 0
        top = min(top, max(count - bodyHeight, 0), selected)
        if selected >= top + bodyHeight { top = selected - bodyHeight + 1 }
        return (0..<bodyHeight).map { line in
            let index = count - 1 - (top + line)
            guard index >= 0 else { return StyledLine(blank(listWidth)) }
            let row = model.rows[index]
            return self.row(row, model, isSelected: row == model.selection, date)
        }
    }

    private func placeholder(_ model: Model) -> [StyledLine] {
        let text = model.link == .live ? " No articles yet. What is posted appears here." : ""
        return (0..<bodyHeight).map {
            $0 == 1 ? StyledLine(fitted(text, to: listWidth), .dim) : StyledLine(blank(listWidth))
        }
    }

    private func row(_ row: Model.Row, _ model: Model, isSelected: Bool, _ date: Date) -> StyledLine {
        let cursor: Style = isSelected ? (model.focus == .list || !isSplit ? [.reverse] : [.bold]) : []
        switch row.content {
        case .gap(let reason):
            return StyledLine(fitted(gap(reason), to: listWidth), cursor.union(.warning))
        case .article(let id):
            guard let article = model.articles[id] else { return StyledLine(blank(listWidth)) }
            let isUnread = model.unread.contains(id)
            let mark = isUnread ? (usesASCII ? "*" : "●") : " "
            var title = DisplayText.line(article.title)
            if model.edited.contains(id) { title += " [edited]" }
            var head = (isSelected ? ">" : " ") + mark + " "
            if listWidth >= 30 { head += clock(article.published, date) + " " }
            var line = StyledLine(head, cursor.union(isUnread ? [.accent] : []))
            var used = DisplayWidth.of(head)
            if listWidth >= 46 {
                let topic = TextLayout.fitted(article.topic, to: 8, ellipsis: ellipsis) + " "
                line = line + StyledLine(topic, cursor.union(.dim))
                used += DisplayWidth.of(topic)
            }
            return line + StyledLine(fitted(title, to: listWidth - used), cursor.union(isUnread ? .bold : []))
        }
    }

    private func gap(_ reason: ControlMessage.ResetReason) -> String {
        let dash = usesASCII ? "--" : "──"
        return switch reason {
        case .trimmed: "\(dash) gap: what came next is no longer kept \(dash)"
        case .forked: "\(dash) gap: the server's history was replaced \(dash)"
        }
    }

    /// The time of today's articles, the date of older ones, always five columns.
    private func clock(_ timestamp: Timestamp, _ now: Date) -> String {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = timeZone
        let parts = calendar.dateComponents([.month, .day, .hour, .minute], from: timestamp.date)
        let isToday = calendar.isDate(timestamp.date, inSameDayAs: now)
        let (first, second, separator) =
            isToday ? (parts.hour ?? 0, parts.minute ?? 0, ":") : (parts.month ?? 0, parts.day ?? 0, "-")
        return (first < 10 ? "0" : "") + String(first) + separator + (second < 10 ? "0" : "") + String(second)
    }

    // MARK: - The article

    private func reader(_ model: inout Model) -> [StyledLine] {
        guard let article = model.deleted ?? model.selectedArticle else {
            return (0..<bodyHeight).map { _ in StyledLine(blank(readerWidth)) }
        }
        let lines = content(article, model)
        // The end of the article is known here and only here.
        model.readerOffset = min(model.readerOffset, max(lines.count - bodyHeight, 0))
        return (0..<bodyHeight).map { line in
            let index = model.readerOffset + line
            guard index < lines.count else { return StyledLine(blank(readerWidth)) }
            let used = DisplayWidth.of(lines[index].text)
            return StyledLine(" ") + lines[index] + StyledLine(blank(readerWidth - 1 - used))
        }
    }

    private func content(_ article: Article, _ model: Model) -> [StyledLine] {
        var lines: [StyledLine] = []
        if model.deleted != nil { lines += wrapped("This article was deleted.", .warning) }
        lines += wrapped(DisplayText.line(article.title), .bold)
        let separator = usesASCII ? " - " : " · "
        let facts = [
            DisplayText.line(article.author), article.topic, clockAndDate(article.published), "#\(article.id)",
        ]
        lines += wrapped(facts.joined(separator: separator), .dim)
        if let updated = article.updated { lines += wrapped("edited \(clockAndDate(updated))", .dim) }
        lines.append(StyledLine())
        lines += wrapped(DisplayText.block(article.body), [])
        lines.append(StyledLine())
        lines += wrapped(model.permalink(article.id), .accent)
        return lines
    }

    private func clockAndDate(_ timestamp: Timestamp) -> String {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = timeZone
        let parts = calendar.dateComponents([.year, .month, .day, .hour, .minute], from: timestamp.date)
        let two = { (value: Int?) in (value ?? 0) < 10 ? "0\(value ?? 0)" : "\(value ?? 0)" }
        return "\(parts.year ?? 0)-\(two(parts.month))-\(two(parts.day)) \(two(parts.hour)):\(two(parts.minute))"
    }

    private func wrapped(_ text: String, _ style: Style) -> [StyledLine] {
        TextLayout.wrapped(text, to: textWidth).map { StyledLine($0, style) }
    }

    // MARK: - Pieces

    private var ellipsis: String { usesASCII ? "~" : "…" }

    private func fitted(_ text: String, to width: Int? = nil) -> String {
        TextLayout.fitted(text, to: width ?? self.width, ellipsis: ellipsis)
    }

    private func blank(_ width: Int) -> String { String(repeating: " ", count: max(width, 0)) }
}
