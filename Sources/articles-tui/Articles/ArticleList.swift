import Core

/// The articles that are held, in the order of their ids, with what is known about each.
struct ArticleList {
    enum Change {
        case added
        case changed
        case unchanged
    }

    /// What is kept of each of perhaps a hundred thousand articles.
    private struct Entry {
        var title: String
        var topic: UInt32
        var author: UInt32
        var published: Int64
        var updated: Int64
    }

    /// Stands for a time that is not there.
    private static let never = Int64.min

    /// More are not held; the oldest go first.
    let capacity: Int
    /// Newest last, so that what arrives is appended; the screen shows them the other way round.
    private(set) var rows: [Row] = []
    /// Aligned with ``rows``; those of gaps mean nothing.
    private var entries: [Entry] = []
    private(set) var unread: Set<Int64> = []
    /// Changed since they were first shown.
    private(set) var edited: Set<Int64> = []
    /// How many articles each topic has, and how many of them are unread.
    private(set) var topics: [String: (count: Int, unread: Int)] = [:]
    private(set) var count = 0
    /// What has been read before, in other sessions too.
    private var read: RangeSet<Int64>
    private var words = WordTable()
    private var bodies = BodyShelf()

    /// - Parameter read: ids that are not unread when they come.
    init(capacity: Int = 100_000, read: RangeSet<Int64> = RangeSet()) {
        self.capacity = capacity
        self.read = read
    }

    var newest: Row? { rows.last }

    /// The list is full: what is older can't be held.
    var isFull: Bool { rows.count >= capacity }

    subscript(id: Int64) -> Summary? {
        guard let position = position(ofArticle: id) else { return nil }
        let entry = entries[position]
        return Summary(
            id: id, title: entry.title, topic: words[entry.topic], author: words[entry.author],
            published: Timestamp(milliseconds: entry.published),
            updated: entry.updated == Self.never ? nil : Timestamp(milliseconds: entry.updated))
    }

    /// An article with its body; `nil` if that is not at hand.
    func article(_ id: Int64) -> Article? {
        guard let body = bodies[id] else { return nil }
        return self[id]?.article(body: body)
    }

    // MARK: - Places

    func position(of row: Row) -> Int { rows.position(of: row) }

    func contains(_ row: Row) -> Bool { rows.holds(row) }

    private func position(ofArticle id: Int64) -> Int? {
        let position = rows.position(of: .article(id))
        return position < rows.count && rows[position] == .article(id) ? position : nil
    }

    // MARK: - Changes

    /// Takes an article up: an unknown one becomes a row, a known one changes in place.
    mutating func store(_ article: Article) -> Change {
        let summary = Summary(article)
        if let known = self[article.id] {
            let isSame = known == summary && bodies[article.id].map { $0 == article.body } ?? true
            bodies.store(article.body, of: article.id)
            guard !isSame else { return .unchanged }
            count(known.topic, article.id, by: -1)
            entries[rows.position(of: .article(article.id))] = entry(summary)
            count(article.topic, article.id, by: 1)
            edited.insert(article.id)
            return .changed
        }
        bodies.store(article.body, of: article.id)
        if !read.contains(article.id) { unread.insert(article.id) }
        count += 1
        count(article.topic, article.id, by: 1)
        insert(.article(article.id), entry(summary))
        dropSurplus()
        return .added
    }

    /// Marks that something may be missing after the newest article.
    mutating func appendGap(_ reason: ControlMessage.ResetReason) {
        if rows.last?.gap != nil {
            rows.removeLast()
            entries.removeLast()
        }
        insert(
            Row(id: rows.last?.id ?? 0, gap: reason),
            Entry(title: "", topic: 0, author: 0, published: Self.never, updated: Self.never))
    }

    /// - Returns: the article; with an empty body if that was not at hand.
    mutating func remove(_ id: Int64) -> Article? {
        guard let summary = self[id] else { return nil }
        let position = rows.position(of: .article(id))
        let body = forget(id, topic: summary.topic)
        rows.remove(at: position)
        entries.remove(at: position)
        return summary.article(body: body ?? "")
    }

    mutating func setRead(_ id: Int64, _ isRead: Bool) {
        guard let summary = self[id], unread.contains(id) == isRead else { return }
        count(summary.topic, id, by: -1)
        if isRead {
            unread.remove(id)
            read.insert(contentsOf: id..<id + 1)
        } else {
            unread.insert(id)
            read.remove(contentsOf: id..<id + 1)
        }
        count(summary.topic, id, by: 1)
    }

    private mutating func insert(_ row: Row, _ entry: Entry) {
        if let last = rows.last, row < last {
            let position = rows.position(of: row)
            rows.insert(row, at: position)
            entries.insert(entry, at: position)
        } else {
            rows.append(row)
            entries.append(entry)
        }
    }

    /// Lets go of some more than it must, so that not every arrival moves all rows.
    private mutating func dropSurplus() {
        guard rows.count > capacity else { return }
        let surplus = rows.count - capacity + capacity / 100
        for position in 0..<surplus where rows[position].gap == nil {
            _ = forget(rows[position].id, topic: words[entries[position].topic])
        }
        rows.removeFirst(surplus)
        entries.removeFirst(surplus)
    }

    private mutating func forget(_ id: Int64, topic: String) -> String? {
        count -= 1
        count(topic, id, by: -1)
        unread.remove(id)
        edited.remove(id)
        return bodies.remove(id)
    }

    private mutating func count(_ topic: String, _ id: Int64, by change: Int) {
        var counts = topics[topic] ?? (0, 0)
        counts.count += change
        if unread.contains(id) { counts.unread += change }
        topics[topic] = counts.count > 0 ? counts : nil
    }

    private mutating func entry(_ summary: Summary) -> Entry {
        Entry(
            title: summary.title, topic: words.number(of: summary.topic), author: words.number(of: summary.author),
            published: summary.published.milliseconds, updated: summary.updated?.milliseconds ?? Self.never)
    }
}
