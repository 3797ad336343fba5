import ArticlesClient
import Core

/// The line at the bottom: what the link is doing first, then as many facts as there is room for.
struct StatusLine {
    private struct Fact {
        let text: String
        /// The least important ones leave first; facts are shown in the order they are listed in.
        let importance: Int
    }

    private static let hint = "? help "

    let model: Model
    let now: ContinuousClock.Instant

    var line: StyledLine {
        let width = model.layout.size.width
        let symbols = model.appearance.symbols
        let words = StatusText.words(model.link, hasConnected: model.hasConnected, now: now)
        let state = " \(words) "
        let stateStyle: Style = model.link == .live ? [.bar, .bold, .accent] : [.bar, .bold, .warning]
        guard DisplayWidth.of(state) <= width else {
            // Without its margins as much of it as there is room for.
            return StyledLine(TextLayout.fitted(words, to: width, ellipsis: symbols.ellipsis), stateStyle)
        }
        let room = width - DisplayWidth.of(state)
        let separator = " \(symbols.dot) "
        var hint = Self.hint
        var text = joined(facts, room: room - hint.count, separator: separator)
        if DisplayWidth.of(text) > room - hint.count {
            // The hint goes before the last fact is cut.
            hint = ""
            text = joined(facts, room: room, separator: separator)
        }
        let filled = TextLayout.fitted(text, to: room - hint.count, ellipsis: symbols.ellipsis)
        return StyledLine(state, stateStyle) + StyledLine(filled + hint, .bar)
    }

    private var facts: [Fact] {
        var facts: [Fact] = []
        if let notice = model.notice { facts.append(Fact(text: TerminalText.line(notice), importance: 8)) }
        if let search = model.search { facts.append(Fact(text: words(search), importance: 7)) }
        if let reason = StatusText.reason(model.link) { facts.append(Fact(text: reason, importance: 6)) }
        if let saved = model.cached {
            let time = LocalTime(timeZone: model.appearance.timeZone).short(saved, now: model.today)
            facts.append(Fact(text: "from the cache of \(time)", importance: 5))
        }
        if let departed = model.departed, model.isReaderVisible {
            facts.append(Fact(text: departed.how == .deleted ? "article deleted" : "article moved", importance: 5))
        }
        if !model.outbox.isEmpty {
            let count = model.outbox.count
            facts.append(Fact(text: "\(count) \(count == 1 ? "draft waits" : "drafts wait")", importance: 5))
        }
        if model.loadingPage != nil { facts.append(Fact(text: "loading older articles", importance: 4)) }
        if let filter = model.view.filter {
            facts.append(Fact(text: "filter \(TerminalText.line(filter.text))", importance: 4))
        }
        if model.view.isUnreadOnly { facts.append(Fact(text: "unread only", importance: 4)) }
        facts.append(Fact(text: model.source.server, importance: 1))
        facts.append(
            Fact(
                text: model.view.topic.map(TerminalText.line) ?? TopicsText.of(model.source.query.filter), importance: 0
            ))
        facts.append(Fact(text: CountsText.of(model), importance: 3))
        if model.isFollowing {
            facts.append(Fact(text: model.isAtNewest ? "following" : "following paused", importance: 2))
        }
        return facts
    }

    /// Such as `/text 3 of 12`; a plus says that the server has more.
    private func words(_ search: Search) -> String {
        let matches = search.matches
        var more = ""
        switch search.progress {
        case .asking: more = ", asking the server"
        case .done(isAll: false): more = "+"
        case .done(isAll: true): break
        case .failed(let reason): more = " loaded (\(TerminalText.line(reason)))"
        }
        let text = "/" + TerminalText.line(search.text) + " "
        guard !matches.isEmpty else {
            return text + (search.progress == .asking ? "asking the server" : "no match\(more)")
        }
        guard let selection = model.selection, matches.holds(selection) else {
            return text + "\(matches.count)\(more) \(matches.count == 1 ? "match" : "matches")"
        }
        return text + "\(matches.count - matches.position(of: selection)) of \(matches.count)\(more)"
    }

    private func joined(_ facts: [Fact], room: Int, separator: String) -> String {
        var facts = facts
        while true {
            let text = " " + facts.map(\.text).joined(separator: separator) + " "
            guard facts.count > 1, DisplayWidth.of(text) > room,
                let least = facts.indices.min(by: { facts[$0].importance < facts[$1].importance })
            else { return text }
            facts.remove(at: least)
        }
    }
}

/// Which topics are shown, in words.
enum TopicsText {
    static func of(_ filter: TopicFilter) -> String {
        filter.topics.isEmpty ? "all topics" : filter.topics.joined(separator: ", ")
    }
}

/// How many articles there are, in words.
enum CountsText {
    static func of(_ model: Model) -> String {
        let total = model.list.count
        var count = "\(total)"
        var unread = model.list.unread.count
        if let rows = model.filtered {
            count = "\(rows.count { $0.gap == nil }) of \(total)"
            unread = rows.count { $0.gap == nil && model.list.unread.contains($0.id) }
        }
        var words = ["\(count) \(total == 1 ? "article" : "articles")", "\(unread) unread"]
        if model.newCount > 0 { words.append("\(model.newCount) new") }
        return words.joined(separator: ", ")
    }
}
