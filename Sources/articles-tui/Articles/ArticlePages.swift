import Core

/// Pages of older articles, which come from the cache or the server.
enum ArticlePages {
    static let size = 200

    struct Request: Hashable, Sendable {
        /// Only of this topic.
        var topic: String?
        /// Only older ones than this; `nil` begins with the newest.
        var before: Int64?
        /// Only newer ones than this, the oldest of them.
        var after: Int64?
    }

    struct Answer: Hashable, Sendable {
        /// Newest first.
        var articles: [Article] = []
        /// There is nothing older.
        var isEnd = false
        /// From the cache, without knowing whether something lies between.
        var isPartial = false
        /// Why nothing came; `nil` if it did.
        var failure: String?
    }
}
