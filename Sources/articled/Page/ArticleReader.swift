import Core

/// What the page reads.
protocol ArticleReader: Sendable {
    /// The newest articles that are older than one, newest first, and the feed's place at that moment.
    func latest(limit: Int, before: Int64?) async throws -> (articles: [Article], cursor: Cursor)

    /// One article; `nil` if there is none of that id.
    func pageArticle(id: Int64) async throws -> Article?
}

extension SQLiteStore: ArticleReader {
    func latest(limit: Int, before: Int64?) async throws -> (articles: [Article], cursor: Cursor) {
        guard let before else {
            let snapshot = try await snapshot(last: limit, filter: .all)
            return (snapshot.events.reversed().compactMap(\.article), snapshot.cursor)
        }
        // An older page is not live: it has no place in the feed.
        return (try await articles(ArticleQuery(before: before, limit: limit)), .beginning)
    }

    func pageArticle(id: Int64) async throws -> Article? {
        try await article(id: id)?.article
    }
}
