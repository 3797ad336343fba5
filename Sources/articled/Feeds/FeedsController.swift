import Core
import HTTPTypes
import Hummingbird

/// `/feed.atom` and `/feed.json`: the newest articles for feed readers, of all topics or of some.
struct FeedsController: Sendable {
    /// No further article is taken once these many bytes of bodies were; the newest is there in any case.
    static var maxBodyBytes: Int { 1024 * 1024 }

    private struct Format: Sendable {
        let path: RouterPath
        let mediaType: String
        let render: @Sendable (FeedChannel) -> [UInt8]
        let cache: DocumentCache
    }

    private let reader: any ArticleReader
    private let newest: @Sendable () -> Cursor
    private let basePath: BasePath
    private let maxArticles: Int
    private let formats: [Format]

    /// - Parameters:
    ///   - newest: the feed's newest event.
    ///   - maxArticles: how many each has (`--feed-entries`).
    init(
        reader: any ArticleReader, newest: @escaping @Sendable () -> Cursor, basePath: BasePath, maxArticles: Int,
        caches: DocumentCaches
    ) {
        formats = [
            Format(
                path: "/feed.atom", mediaType: AtomFeed.mediaType, render: AtomFeed.render, cache: caches.atom),
            Format(
                path: "/feed.json", mediaType: JSONFeed.mediaType, render: JSONFeed.render, cache: caches.json),
        ]
        self.maxArticles = maxArticles
        self.reader = reader
        self.newest = newest
        self.basePath = basePath
    }

    func addRoutes(to router: some RouterMethods<AppRequestContext>) {
        for format in formats {
            router.resource(format.path, [.get: { request, context in try await get(request, context, format) }])
        }
    }

    private func get(_ request: Request, _ context: AppRequestContext, _ format: Format) async throws -> Response {
        let topics = try FormBody(query: request).values("topic")
        guard topics.allSatisfy(isTopic), topics.count <= FeedQuery.maxTopics else {
            throw ServiceError(.badRequest, "The parameter topic must be a topic such as news, at most 64 of them.")
        }
        let key = DocumentCache.Key(topics: Set(topics).sorted(), origin: origin(context.client))
        let edition = try await format.cache.edition(key, at: newest()) {
            let (articles, cursor) = try await reader.listing(
                ArticleQuery(filter: TopicFilter(key.topics), limit: maxArticles))
            let channel = FeedChannel(topics: key.topics, articles: Self.fitting(articles), origin: key.origin)
            return (Document(format.render(channel), mediaType: format.mediaType), cursor)
        }
        return .document(
            edition.document, to: request, lastModified: edition.lastModified, headers: [.cacheControl: "no-cache"])
    }

    /// Scheme, host and base path as the reader addressed them.
    private func origin(_ client: Client) -> String {
        let known = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:[]".utf8)
        let host = client.host.utf8.allSatisfy(known.contains) && !client.host.isEmpty ? client.host : "localhost"
        return (client.isSecure ? "https://" : "http://") + host + basePath.text
    }

    private static func fitting(_ articles: [Article]) -> [Article] {
        var bytes = 0
        return Array(
            articles.prefix { article in
                defer { bytes += article.body.utf8.count }
                return bytes < maxBodyBytes
            })
    }
}
