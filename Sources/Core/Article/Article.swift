/// One published article, as it is now.
public struct Article: Hashable, Sendable, Identifiable {
    /// Assigned by the store; grows with every article and is never used again.
    public var id: Int64
    /// 1–256 characters, trimmed, without control characters.
    public var title: String
    /// Plain text; may be empty.
    public var body: String
    /// The channel that subscribers can filter by.
    public var topic: String
    /// The account that posted it, or the name that an editor gave instead.
    public var author: String
    /// When the store took it up.
    public var published: Timestamp
    /// `nil` until the article is edited.
    public var updated: Timestamp?

    public init(
        id: Int64, title: String, body: String, topic: String, author: String, published: Timestamp,
        updated: Timestamp? = nil
    ) {
        self.id = id
        self.title = title
        self.body = body
        self.topic = topic
        self.author = author
        self.published = published
        self.updated = updated
    }
}
