import Core

/// An event as the store keeps it: its place, whom it concerns, and the bytes that every subscriber gets.
struct CommittedEvent: Sendable, Hashable {
    let cursor: Cursor
    let kind: FeedEventKind
    /// The article's topic after the event; the last one it had, if it was deleted.
    let topic: String
    /// The topic before the event, if the event changed it.
    let previousTopic: String?
    /// The event's JSON object, in UTF-8.
    let json: [UInt8]
}
