public import Core

/// One page of articles, newest first.
public struct ArticlePage: Sendable, Hashable {
    /// As many as were asked for, or all that are left.
    public let articles: [Article]
    /// What to give as `before` for the next page; `nil` at the end.
    public let next: Int64?
}

/// An article and the tag of its version, to be sent back as `If-Match`.
public struct TaggedArticle: Sendable, Hashable {
    /// As it is now.
    public let article: Article
    /// `nil` if something between left it out.
    public let entityTag: String?
}

/// An article that was stored and the place of its event in the feed.
public struct PublishedArticle: Sendable, Hashable {
    /// As the server has it: with its id, trimmed.
    public let article: Article
    /// Whoever subscribes from here on gets what came later.
    public let cursor: Cursor
}

/// How a server is.
public struct ServerStatus: Sendable, Hashable {
    /// How the node calls itself.
    public let node: String
    /// The daemon's, such as `1.0`.
    public let version: String
    /// What the node serves: `all`, `websocket` or `http`.
    public let role: String
    /// In seconds.
    public let uptime: Int64
    /// The newest event.
    public let cursor: Cursor
    /// The oldest place to resume from.
    public let oldest: Cursor
    /// Open feeds of this node, of every transport.
    public let subscribers: Int64
}
