import Synchronization

/// The topics that every page leads to. Counting them looks at every article, and so it is done now and then.
final class TopicBar: Sendable {
    static var maxTopics: Int { 12 }

    private let reader: any ArticleReader
    private let known = Mutex<(topics: [String], read: ContinuousClock.Instant)?>(nil)

    init(reader: any ArticleReader) {
        self.reader = reader
    }

    /// - Parameters:
    ///   - shown: topics of the articles on the page: a new topic is among them before it is counted.
    ///   - selected: topics that are listed in any case.
    func topics(shown: [String], selected: [String]) async throws -> [String] {
        var topics = try await frequent()
        for topic in shown where !topics.contains(topic) && topics.count < Self.maxTopics { topics.append(topic) }
        for topic in selected where !topics.contains(topic) { topics.append(topic) }
        return topics
    }

    private func frequent() async throws -> [String] {
        if let known = known.withLock({ $0 }), known.read.duration(to: .now) < .seconds(30) { return known.topics }
        let topics = try await reader.pageTopics(limit: Self.maxTopics)
        known.withLock { $0 = (topics, .now) }
        return topics
    }
}
