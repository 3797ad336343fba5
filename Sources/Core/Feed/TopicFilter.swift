/// Which topics a subscriber wants.
public enum TopicFilter: Hashable, Sendable {
    case all
    /// At least one topic.
    case only(Set<String>)

    /// No topics means all of them.
    public init(_ topics: some Sequence<String>) {
        let topics = Set(topics)
        self = topics.isEmpty ? .all : .only(topics)
    }

    /// Whether articles of a topic are wanted.
    public func matches(_ topic: String) -> Bool {
        switch self {
        case .all: true
        case .only(let topics): topics.contains(topic)
        }
    }

    /// Whether an event is for this subscriber.
    ///
    /// - Parameter previousTopic: the topic before the event, if the event changed it: a subscriber of the old topic
    ///   must learn that the article left.
    public func matches(topic: String, previousTopic: String?) -> Bool {
        matches(topic) || (previousTopic.map(matches) ?? false)
    }

    /// The topics in order, for URLs and labels; empty for all.
    public var topics: [String] {
        switch self {
        case .all: []
        case .only(let topics): topics.sorted()
        }
    }
}
