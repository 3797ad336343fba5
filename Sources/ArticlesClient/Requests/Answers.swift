public import Core

/// One page of articles, newest first.
public struct ArticlePage: Sendable, Hashable {
    public let articles: [Article]
    /// What to give as `before` for the next page; `nil` at the end.
    public let next: Int64?
}

/// An article and the tag of its version, to be sent back as `If-Match`.
public struct TaggedArticle: Sendable, Hashable {
    public let article: Article
    public let entityTag: String?
}

/// An article that was stored and the place of its event in the feed.
public struct PublishedArticle: Sendable, Hashable {
    public let article: Article
    public let cursor: Cursor
}

/// How a server is.
public struct ServerStatus: Sendable, Hashable {
    public let node: String
    public let version: String
    public let role: String
    /// In seconds.
    public let uptime: Int64
    /// The newest event, and the oldest place to resume from.
    public let cursor: Cursor
    public let oldest: Cursor
    public let subscribers: Int64
}
