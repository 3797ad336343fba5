import Core

/// Where the page's and the feeds' articles come from.
protocol ArticleReader: Sendable {
    /// Articles, newest first, and the place of the feed that they take account of.
    ///
    /// - Parameter query: without `after`.
    func listing(_ query: ArticleQuery) async throws -> (articles: [Article], cursor: Cursor)

    /// One article; `nil` if there is none of that id.
    func pageArticle(id: Int64) async throws -> Article?

    /// The topics with most articles.
    func pageTopics(limit: Int) async throws -> [String]
}

extension Store {
    func listing(_ query: ArticleQuery) async throws -> (articles: [Article], cursor: Cursor) {
        let isNewest = query.before == nil && query.text == nil
        let snapshot = try await snapshot(last: isNewest ? query.limit : 0, filter: query.filter)
        guard !isNewest else { return (snapshot.events.reversed().compactMap(\.article), snapshot.cursor) }
        // Read after the cursor: an event between the two is sent again, none is left out.
        return (try await articles(query), snapshot.cursor)
    }

    func pageArticle(id: Int64) async throws -> Article? {
        try await article(id: id)?.article
    }

    func pageTopics(limit: Int) async throws -> [String] {
        try await topics(limit: limit).map(\.topic)
    }
}
