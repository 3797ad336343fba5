import Core

/// Where the fan-out reads what is not in memory. Called off the event loops.
protocol FeedReader: Sendable {
    func snapshot(last: Int, filter: TopicFilter) async throws -> FeedSnapshot
    func events(after seq: Int64, maxEvents: Int, maxBytes: Int) async throws -> [CommittedEvent]
}
