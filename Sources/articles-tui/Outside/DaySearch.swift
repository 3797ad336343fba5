import ArticlesClient
import Core

/// Finds the newest article before a moment by asking for single articles, each time halving what is left.
struct DaySearch {
    let client: ArticlesClient
    let topics: [String]

    /// - Returns: its id; `nil` if there is none.
    func newest(before moment: Timestamp) async throws(ClientError) -> Int64? {
        guard let newest = try await article(before: nil) else { return nil }
        if newest.published < moment { return newest.id }
        // The answer is below `high`, and not below `found` if there is one.
        var high = newest.id
        var low: Int64 = 1
        var found: Int64?
        while low < high {
            let middle = low + (high - low) / 2
            guard let article = try await article(before: middle + 1), article.id >= low else {
                low = middle + 1
                continue
            }
            if article.published < moment {
                found = article.id
                low = middle + 1
            } else {
                high = article.id
            }
        }
        return found
    }

    private func article(before: Int64?) async throws(ClientError) -> Article? {
        try await client.list(topics: topics, before: before, limit: 1).articles.first
    }
}
