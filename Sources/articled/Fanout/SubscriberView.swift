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
    let filter: TopicFilter

    func includes(_ entry: FeedEntry) -> Bool {
        if mode == .plain, entry.kind != .created { return false }
        return filter.matches(topic: entry.topic, previousTopic: entry.previousTopic)
    }
}
