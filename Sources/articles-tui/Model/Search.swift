import Core

/// What `/` looks for, and what was found.
struct Search: Hashable, Sendable {
    enum Progress: Hashable, Sendable {
        case asking
        /// The server's matches are among them; perhaps not all.
        case done(isAll: Bool)
        /// Only what is loaded was searched: why.
        case failed(String)
    }

    let matcher: TextMatcher
    var progress = Progress.asking
    /// What the server found, whose bodies may not be at hand.
    var found: Set<Int64> = []
    /// In the order of the list.
    var matches: [Row] = []
    /// Whether the user has gone anywhere since; else the first match that comes is selected.
    var isSettled = false

    var text: String { matcher.text }

    init(_ text: String) {
        matcher = TextMatcher(text)
    }

    func matches(_ id: Int64, in list: ArticleList) -> Bool {
        if found.contains(id) { return true }
        guard let summary = list[id] else { return false }
        return matcher.matches(summary.title) || list.article(id).map { matcher.matches($0.body) } ?? false
    }
}
