/// Which of the articles are listed.
struct ListView: Hashable, Sendable {
    /// `nil` for all.
    var topic: String?
    var isUnreadOnly = false
    var filter: TextFilter?

    var showsAll: Bool { self == ListView() }

    /// Whether rows that follow each other are neighbours in the feed of the topic too.
    var isContiguous: Bool { !isUnreadOnly && filter == nil }

    func shows(_ row: Row, in list: ArticleList) -> Bool {
        guard row.gap == nil else { return isContiguous }
        if isUnreadOnly, !list.unread.contains(row.id) { return false }
        guard topic != nil || filter != nil else { return true }
        guard let summary = list[row.id] else { return false }
        return (topic == nil || summary.topic == topic) && (filter?.matches(summary) ?? true)
    }
}

/// What `f` filters by: a text, or with `!` before it everything else.
struct TextFilter: Hashable, Sendable {
    /// As it was typed.
    let text: String
    private let matcher: TextMatcher
    private let isInverted: Bool

    /// `nil` if nothing is asked for.
    init?(_ text: String) {
        self.text = text
        isInverted = text.hasPrefix("!")
        matcher = TextMatcher(isInverted ? String(text.dropFirst()) : text)
        if matcher.text.isEmpty { return nil }
    }

    func matches(_ summary: Summary) -> Bool {
        let isFound =
            matcher.matches(summary.title) || matcher.matches(summary.topic) || matcher.matches(summary.author)
        return isFound != isInverted
    }
}
