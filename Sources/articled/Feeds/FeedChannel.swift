import Core
import Crypto

/// What a feed for feed readers is made from, in whatever format.
struct FeedChannel: Sendable {
    let topics: [String]
    /// Newest first.
    let articles: [Article]
    /// Scheme, host and base path, which every address begins with.
    let origin: String

    var title: String {
        topics.isEmpty ? PageRenderer.siteTitle : "\(topics.joined(separator: ", ")) · \(PageRenderer.siteTitle)"
    }

    /// The page that shows the same.
    var page: String { origin + "/" + query }

    /// Where the feed itself is.
    func address(of file: String) -> String { "\(origin)/\(file)\(query)" }

    func permalink(_ article: Article) -> String { "\(origin)/articles/\(article.id)" }

    /// The last time that one of its articles was posted or edited.
    var updated: Timestamp {
        articles.map { $0.updated ?? $0.published }.max() ?? Timestamp(milliseconds: 0)
    }

    private var query: String { QueryString.encode(topics.map { ("topic", $0) }) }

    /// An identifier that stays when the server moves to another name: made of what never changes about an article.
    ///
    /// - Returns: a URN with a UUID of version 8 (RFC 9562 section 5.8).
    static func identifier(_ article: Article) -> String {
        let name = "articles \(article.id) \(article.published)"
        var bytes = Array(SHA256.hash(data: Array(name.utf8)).prefix(16))
        bytes[6] = bytes[6] & 0x0F | 0x80
        bytes[8] = bytes[8] & 0x3F | 0x80
        let digits = bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }
        let groups = [0..<4, 4..<6, 6..<8, 8..<10, 10..<16].map { digits[$0].joined() }
        return "urn:uuid:" + groups.joined(separator: "-")
    }
}
