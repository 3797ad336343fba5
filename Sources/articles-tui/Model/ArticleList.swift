import Core

/// The articles that are held, in the order of their ids, with what is known about each.
struct ArticleList {
    enum Change {
        case added
        case changed
        case unchanged
    }

    /// More are not held; the oldest go first.
    private let capacity: Int
    /// Newest last, so that what arrives is appended; the screen shows them the other way round.
    private(set) var rows: [Row] = []
    private(set) var unread: Set<Int64> = []
    /// Changed since they were first shown.
    private(set) var edited: Set<Int64> = []
    private var articles: [Int64: Article] = [:]

    init(capacity: Int = 100_000) {
        self.capacity = capacity
    }

    /// How many articles there are.
    var count: Int { articles.count }

    var newest: Row? { rows.last }

    subscript(id: Int64) -> Article? { articles[id] }

    // MARK: - Places

    /// Where a row is, counted from the oldest, or where it would be.
    func position(of row: Row) -> Int {
        var low = 0
        var high = rows.count
        while low < high {
            let middle = (low + high) / 2
            if rows[middle] < row { low = middle + 1 } else { high = middle }
        }
        return low
    }

    func contains(_ row: Row) -> Bool {
        let position = position(of: row)
        return position < rows.count && rows[position] == row
    }

    /// How many articles are newer than one.
    func count(newerThan id: Int64) -> Int {
        rows[position(of: .article(id + 1))...].count { $0.gap == nil }
    }

    // MARK: - Changes

    /// Takes an article up: an unknown one becomes a row, a known one changes in place.
    mutating func store(_ article: Article) -> Change {
        let row = Row.article(article.id)
        if let known = articles[article.id] {
            guard known != article else { return .unchanged }
            articles[article.id] = article
            edited.insert(article.id)
            return .changed
        }
        articles[article.id] = article
        unread.insert(article.id)
        if let last = rows.last, row < last {
            rows.insert(row, at: position(of: row))
        } else {
            rows.append(row)
        }
        dropSurplus()
        return .added
    }

    /// Marks that something may be missing after the newest article.
    mutating func appendGap(_ reason: ControlMessage.ResetReason) {
        if rows.last?.gap != nil { rows.removeLast() }
        rows.append(Row(id: rows.last?.id ?? 0, gap: reason))
    }

    mutating func remove(_ id: Int64) -> Article? {
        guard let article = forget(id) else { return nil }
        rows.remove(at: position(of: .article(id)))
        return article
    }

    mutating func setRead(_ id: Int64, _ isRead: Bool) {
        guard articles[id] != nil else { return }
        if isRead { unread.remove(id) } else { unread.insert(id) }
    }

    /// Lets go of some more than it must, so that not every arrival moves all rows.
    private mutating func dropSurplus() {
        guard rows.count > capacity else { return }
        let surplus = rows.prefix(rows.count - capacity + capacity / 100)
        for row in surplus where row.gap == nil { _ = forget(row.id) }
        rows.removeFirst(surplus.count)
    }

    private mutating func forget(_ id: Int64) -> Article? {
        unread.remove(id)
        edited.remove(id)
        return articles.removeValue(forKey: id)
    }
}
