import Core

/// Where the fan-out reads what is not in memory. Called off the event loops.
protocol FeedReader: Sendable {
    func snapshot(last: Int, filter: TopicFilter) async throws -> FeedSnapshot
    func events(after seq: Int64, maxEvents: Int, maxBytes: Int) async throws -> [CommittedEvent]
    /// Whether other nodes write too, so that a place may be good that this one has not heard of.
    var isShared: Bool { get }
    /// Waits until the feed has everything that is stored now.
    func catchUp() async throws
}

extension FeedReader {
    var isShared: Bool { false }
    func catchUp() async throws {}
}
