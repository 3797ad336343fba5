import Core

/// An article without its body, as the list shows it.
struct Summary: Hashable, Sendable {
    var id: Int64
    var title: String
    var topic: String
    var author: String
    var published: Timestamp
    var updated: Timestamp?

    init(_ article: Article) {
        id = article.id
        title = article.title
        topic = article.topic
        author = article.author
        published = article.published
        updated = article.updated
    }

    init(id: Int64, title: String, topic: String, author: String, published: Timestamp, updated: Timestamp?) {
        self.id = id
        self.title = title
        self.topic = topic
        self.author = author
        self.published = published
        self.updated = updated
    }

    func article(body: String) -> Article {
        Article(
            id: id, title: title, body: body, topic: topic, author: author, published: published, updated: updated)
    }
}

/// Words that come again and again, each kept once.
struct WordTable {
    private var words: [String] = []
    private var numbers: [String: UInt32] = [:]

    subscript(number: UInt32) -> String { words[Int(number)] }

    mutating func number(of word: String) -> UInt32 {
        if let number = numbers[word] { return number }
        let number = UInt32(words.count)
        words.append(word)
        numbers[word] = number
        return number
    }
}

/// The bodies of the articles that came last; older ones are in the cache or on the server.
struct BodyShelf {
    private let capacity: Int
    private var bodies: [Int64: String] = [:]
    private var order: [Int64] = []
    private var bytes = 0

    /// - Parameter capacity: in bytes of UTF-8.
    init(capacity: Int = 1 << 21) {
        self.capacity = capacity
    }

    subscript(id: Int64) -> String? { bodies[id] }

    mutating func store(_ body: String, of id: Int64) {
        if let known = bodies.updateValue(body, forKey: id) { bytes -= known.utf8.count } else { order.append(id) }
        bytes += body.utf8.count
        guard bytes > capacity else { return }
        var dropped = 0
        while bytes > capacity * 3 / 4, dropped < order.count - 1 {
            bytes -= bodies.removeValue(forKey: order[dropped])?.utf8.count ?? 0
            dropped += 1
        }
        order.removeFirst(dropped)
    }

    mutating func remove(_ id: Int64) -> String? {
        guard let body = bodies.removeValue(forKey: id) else { return nil }
        bytes -= body.utf8.count
        order.removeAll { $0 == id }
        return body
    }
}
