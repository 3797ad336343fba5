/// What a subscriber asks for in the query of `/articles` and `/events`.
public struct FeedQuery: Hashable, Sendable {
    /// Size of the snapshot where nothing is said of it.
    public static let defaultLast = 5
    /// Largest snapshot.
    public static let maxLast = 500
    /// How many topics one subscriber may name.
    public static let maxTopics = 64

    /// Go on after this cursor; `nil` begins with a snapshot.
    public var since: Cursor?
    /// Size of the snapshot, 0–500.
    public var last: Int
    /// Which articles; all by default.
    public var filter: TopicFilter

    public init(since: Cursor? = nil, last: Int = defaultLast, filter: TopicFilter = .all) {
        self.since = since
        self.last = last
        self.filter = filter
    }

    /// Reads decoded query items; names we do not know are ignored.
    ///
    /// - Throws: ``ServiceError`` `badRequest` naming the parameter.
    public init(items: [(name: String, value: String)]) throws(ServiceError) {
        self.init()
        var topics: Set<String> = []
        for (name, value) in items {
            switch name {
            case "since":
                guard let cursor = Cursor(value) else {
                    throw ServiceError(
                        .badRequest,
                        "The parameter since must be a cursor such as 42-9c1e7a3b, not \"\(value.excerpt)\".")
                }
                since = cursor
            case "last":
                guard !value.isEmpty, value.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(value),
                    number <= Self.maxLast
                else {
                    throw ServiceError(
                        .badRequest,
                        "The parameter last must be a number from 0 to \(Self.maxLast), not \"\(value.excerpt)\".")
                }
                last = number
            case "topic":
                guard isTopic(value) else {
                    throw ServiceError(
                        .badRequest, "The parameter topic must be a topic such as news, not \"\(value.excerpt)\".")
                }
                topics.insert(value)
            default: break
            }
        }
        guard topics.count <= Self.maxTopics else {
            throw ServiceError(.badRequest, "At most \(Self.maxTopics) topics may be named.")
        }
        filter = TopicFilter(topics)
    }

    /// The items in the form that ``init(items:)`` reads; defaults are left out.
    public var items: [(name: String, value: String)] {
        var items: [(name: String, value: String)] = []
        if let since { items.append(("since", since.description)) }
        if last != Self.defaultLast { items.append(("last", String(last))) }
        items += filter.topics.map { ("topic", $0) }
        return items
    }
}

extension String {
    /// The beginning, for messages that quote what somebody sent.
    fileprivate var excerpt: String { count > 40 ? prefix(40) + "…" : self }
}
