import Core

/// How a subscriber sees the feed. All subscribers of one view get the same bytes.
struct SubscriberView: Hashable, Sendable {
    enum Mode: Hashable, Sendable {
        /// As the original demo: created articles only, no control objects but pings.
        case plain
        /// The whole feed, with control objects.
        case articlesV1
    }

    let mode: Mode
    let encoding: FeedEncoding
    let filter: TopicFilter

    init(mode: Mode, encoding: FeedEncoding = .webSocket, filter: TopicFilter = .all) {
        self.mode = mode
        self.encoding = encoding
        self.filter = filter
    }

    func includes(_ entry: FeedEntry) -> Bool {
        if mode == .plain, entry.kind != .created { return false }
        return filter.matches(topic: entry.topic, previousTopic: entry.previousTopic)
    }

    /// The heartbeat of a subscriber that has everything.
    func heartbeat(newest: Cursor) -> ControlMessage {
        // Who gets every event has the newest id already, and some parsers take an id alone for an event.
        let isKnown = encoding == .eventStream && filter == .all
        return .ping(cursor: mode == .plain || isKnown ? nil : newest)
    }
}
