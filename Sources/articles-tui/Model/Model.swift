import ArticlesClient
import Core

/// Everything that the screen is made from.
struct Model {
    /// Which part the keys act on.
    enum Focus: Hashable {
        case list
        case reader
    }

    /// A place in the list.
    struct Row: Hashable {
        enum Content: Hashable {
            case article(Int64)
            /// Something may be missing between the rows around it.
            case gap(ControlMessage.ResetReason)
        }
        let content: Content
        /// Newer rows have larger ones.
        let order: Int
    }

    let server: String
    let topics: [String]
    let permalink: @Sendable (Int64) -> String

    /// Newest last, so that what arrives is appended; the screen shows them the other way round.
    private(set) var rows: [Row] = []
    private(set) var articles: [Int64: Article] = [:]
    var unread: Set<Int64> = []
    /// Edited since they were first shown.
    private(set) var edited: Set<Int64> = []
    private var nextOrder = 0

    /// The row that is selected, by what it is: news never moves it.
    var selection: Row?
    /// Selects what arrives.
    var isFollowing = true
    /// Arrived since the newest row was last selected, while not following.
    var newCount = 0
    var focus = Focus.list
    /// On a narrow terminal the reader covers the list.
    var isReaderOpen = false
    var readerOffset = 0
    var isHelpShown = false
    /// The open article was deleted: what it was, to be read to the end.
    var deleted: Article?
    var link = ConnectionState.connecting(attempt: 1)

    /// The list is bounded; the oldest rows go.
    static let maxRows = 100_000

    init(server: String, topics: [String], permalink: @escaping @Sendable (Int64) -> String) {
        self.server = server
        self.topics = topics
        self.permalink = permalink
    }

    var selectedArticle: Article? {
        guard case .article(let id)? = selection?.content else { return nil }
        return articles[id]
    }

    /// Where a row is, counted from the oldest.
    func index(of row: Row) -> Int? {
        var low = 0
        var high = rows.count
        while low < high {
            let middle = (low + high) / 2
            if rows[middle].order < row.order { low = middle + 1 } else { high = middle }
        }
        return low < rows.count && rows[low] == row ? low : nil
    }

    /// Takes up an article: a new one becomes a row, a known one changes in place.
    ///
    /// - Returns: whether it is new.
    mutating func store(_ article: Article, isEdit: Bool) -> Bool {
        if let known = articles[article.id] {
            articles[article.id] = article
            if isEdit, known != article { edited.insert(article.id) }
            return false
        }
        articles[article.id] = article
        unread.insert(article.id)
        append(.article(article.id))
        return true
    }

    mutating func appendGap(_ reason: ControlMessage.ResetReason) {
        append(.gap(reason))
    }

    private mutating func append(_ content: Row.Content) {
        rows.append(Row(content: content, order: nextOrder))
        nextOrder += 1
        if rows.count > Self.maxRows {
            let surplus = rows.prefix(rows.count - Self.maxRows)
            for row in surplus { if case .article(let id) = row.content { forget(id) } }
            rows.removeFirst(surplus.count)
        }
    }

    /// Takes an article out. The selection goes to the next older row, or the next newer one.
    mutating func remove(_ id: Int64) {
        guard articles[id] != nil, let index = rows.firstIndex(where: { $0.content == .article(id) }) else { return }
        let row = rows[index]
        if selection == row {
            if isReaderOpen || focus == .reader { deleted = articles[id] }
            selection = index > 0 ? rows[index - 1] : (index + 1 < rows.count ? rows[index + 1] : nil)
        }
        rows.remove(at: index)
        forget(id)
    }

    private mutating func forget(_ id: Int64) {
        articles[id] = nil
        unread.remove(id)
        edited.remove(id)
    }
}
