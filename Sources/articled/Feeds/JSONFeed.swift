import Core

/// A feed in JSON Feed 1.1 (jsonfeed.org/version/1.1).
enum JSONFeed {
    static let mediaType = "application/feed+json"

    static func render(_ channel: FeedChannel) -> [UInt8] {
        JSONValue.object([
            JSONMember("version", .string("https://jsonfeed.org/version/1.1")),
            JSONMember("title", .string(channel.title)),
            JSONMember("home_page_url", .string(channel.page)),
            JSONMember("feed_url", .string(channel.address(of: "feed.json"))),
            JSONMember("language", .string("en")),
            JSONMember("items", .array(channel.articles.map { item($0, channel) })),
        ]).bytes
    }

    private static func item(_ article: Article, _ channel: FeedChannel) -> JSONValue {
        var members = [
            JSONMember("id", .string(FeedChannel.identifier(article))),
            JSONMember("url", .string(channel.permalink(article))),
            JSONMember("title", .string(article.title)),
            JSONMember("content_text", .string(article.body)),
            JSONMember("date_published", .string(article.published.description)),
            JSONMember("tags", .array([.string(article.topic)])),
        ]
        if let updated = article.updated { members.append(JSONMember("date_modified", .string(updated.description))) }
        if !article.author.isEmpty {
            let author = JSONValue.object([JSONMember("name", .string(article.author))])
            members.append(JSONMember("authors", .array([author])))
        }
        return .object(members)
    }
}
