/// What happened to an article.
public enum FeedEventKind: String, Hashable, Sendable, CaseIterable {
    case created
    case updated
    case deleted
}

/// One event of the feed, as subscribers see it.
public struct FeedEvent: Hashable, Sendable {
    /// What happened.
    public let kind: FeedEventKind
    /// The article's id.
    public let id: Int64
    /// The article after the event; `nil` when it was deleted.
    public let article: Article?
    /// Where to go on after this event.
    public let cursor: Cursor

    /// - Parameter article: as it was published.
    public init(created article: Article, cursor: Cursor) {
        self.init(kind: .created, id: article.id, article: article, cursor: cursor)
    }

    /// - Parameter article: as it is after the change.
    public init(updated article: Article, cursor: Cursor) {
        self.init(kind: .updated, id: article.id, article: article, cursor: cursor)
    }

    /// - Parameter id: of the article that has gone.
    public init(deleted id: Int64, cursor: Cursor) {
        self.init(kind: .deleted, id: id, article: nil, cursor: cursor)
    }

    private init(kind: FeedEventKind, id: Int64, article: Article?, cursor: Cursor) {
        self.kind = kind
        self.id = id
        self.article = article
        self.cursor = cursor
    }
}
