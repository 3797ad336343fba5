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
        let stateStyle: Style = model.link == .live ? [.reverse, .bold, .accent] : [.reverse, .bold, .warning]
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
        return StyledLine(state, stateStyle) + StyledLine(filled + hint, .reverse)
    }

    private var facts: [Fact] {
        var facts: [Fact] = []
        if let notice = model.notice { facts.append(Fact(text: notice, importance: 5)) }
        if let reason = StatusText.reason(model.link) { facts.append(Fact(text: reason, importance: 4)) }
        if let departed = model.departed, model.isReaderVisible {
            facts.append(Fact(text: departed.how == .deleted ? "article deleted" : "article moved", importance: 4))
        }
        facts.append(Fact(text: model.source.server, importance: 1))
        facts.append(Fact(text: TopicsText.of(model.source.query.filter), importance: 0))
        facts.append(Fact(text: CountsText.of(model), importance: 3))
        if model.isFollowing {
            facts.append(Fact(text: model.isAtNewest ? "following" : "following paused", importance: 2))
        }
        return facts
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
        let count = model.list.count
        var words = ["\(count) \(count == 1 ? "article" : "articles")", "\(model.list.unread.count) unread"]
        if model.newCount > 0 { words.append("\(model.newCount) new") }
        return words.joined(separator: ", ")
    }
}
