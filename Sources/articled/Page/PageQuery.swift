import Core
import Hummingbird

/// Which articles a page is asked to show: `?topic=news&q=text&before=42`.
struct PageQuery: Hashable, Sendable {
    static let maxTextCharacters = 200

    /// In order, each once; all if there are none.
    var topics: [String] = []
    /// What title or body must contain.
    var text: String?
    /// Only articles with a smaller id.
    var before: Int64?

    init() {}

    /// `nil` if the query can't be meant: a page with nothing on it says so.
    init?(_ request: Request) {
        guard let form = try? FormBody(query: request) else { return nil }
        for (name, value) in form.pairs {
            switch name {
            case "topic" where value.isEmpty: break
            case "topic":
                guard isTopic(value) else { return nil }
                topics.append(value)
            case "q":
                var words = value.drop(while: \.isWhitespace)
                while words.last?.isWhitespace == true { words.removeLast() }
                guard value.count <= Self.maxTextCharacters, !value.unicodeScalars.contains("\0") else { return nil }
                text = words.isEmpty ? nil : String(words)
            case "before":
                guard let id = Int64(value), id > 0 else { return nil }
                before = id
            default: break
            }
        }
        topics = Set(topics).sorted()
        guard topics.count <= FeedQuery.maxTopics else { return nil }
    }

    var filter: TopicFilter { TopicFilter(topics) }

    /// Whether it is the list that everything new comes to, and nothing else.
    var isNewest: Bool { before == nil && text == nil }

    /// The list's path with this query.
    var path: String { "/" + QueryString.encode(items) }

    /// The path of what follows an article in the list.
    func path(before id: Int64) -> String {
        var query = self
        query.before = id
        return query.path
    }

    /// The query of the feeds of the same topics.
    var topicQuery: String { QueryString.encode(topics.map { ("topic", $0) }) }

    private var items: [(name: String, value: String)] {
        var items: [(name: String, value: String)] = topics.map { ("topic", $0) }
        if let text { items.append(("q", text)) }
        if let before { items.append(("before", String(before))) }
        return items
    }
}
