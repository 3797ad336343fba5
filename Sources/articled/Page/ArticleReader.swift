import Core

/// Where the page's articles come from.
protocol ArticleReader: Sendable {
    /// Articles, newest first, and the place of the feed that they take account of.
    ///
    /// - Parameters:
    ///   - limit: how many at most.
    ///   - before: only articles with a smaller id.
    func latest(limit: Int, before: Int64?) async throws -> (articles: [Article], cursor: Cursor)

    /// One article; `nil` if there is none of that id.
    func pageArticle(id: Int64) async throws -> Article?
}

extension SQLiteStore: ArticleReader {
    func latest(limit: Int, before: Int64?) async throws -> (articles: [Article], cursor: Cursor) {
        let snapshot = try await snapshot(last: before == nil ? limit : 0, filter: .all)
        guard let before else { return (snapshot.events.reversed().compactMap(\.article), snapshot.cursor) }
        // Read after the cursor: an event between the two is sent again, none is left out.
        return (try await articles(ArticleQuery(before: before, limit: limit)), snapshot.cursor)
    }

    func pageArticle(id: Int64) async throws -> Article? {
        try await article(id: id)?.article
    }
}
