import Core
import HTTPTypes
import Hummingbird
import Mustache
import NIOCore

/// `/`, `/articles` and `/articles/{id}` for browsers, and what these load.
struct PageController: Sendable {
    static var pageSize: Int { 50 }
    /// What a list may take on the wire, whatever is in its articles; the rest is behind the link to older ones.
    static var maxWireBytes: Int { 29 * 1024 }

    private let reader: any ArticleReader
    private let newest: @Sendable () -> Cursor
    private let assets: AssetLibrary
    private let renderer: PageRenderer
    private let topics: TopicBar
    private let nothing: Document
    /// What most people ask for.
    private let cache: DocumentCache

    /// - Parameter newest: the feed's newest event.
    init(
        reader: any ArticleReader, newest: @escaping @Sendable () -> Cursor, renderer: PageRenderer,
        assets: AssetLibrary, cache: DocumentCache
    ) {
        self.reader = reader
        self.cache = cache
        self.newest = newest
        self.renderer = renderer
        self.assets = assets
        topics = TopicBar(reader: reader)
        nothing = .page(renderer.notFound())
    }

    func addRoutes<Context: RequestContext>(to router: some RouterMethods<Context>) {
        for path in ["/", "/articles"] as [RouterPath] {
            router.resource(path, [.get: { request, _ in try await list(request) }])
        }
        router.resource(
            "/articles/{id}",
            [.get: { request, context in try await article(request, context.parameters.get("id")) }])
        router.resource(
            "/assets/{file}",
            [.get: { request, context in asset(request, file: context.parameters.get("file")) }])
        router.resource("/favicon.ico", [.get: { request, _ in favicon(request) }])
    }

    /// The newest articles, or those that the query asks for.
    private func list(_ request: Request) async throws -> Response {
        guard let query = PageQuery(request) else { return notFound(request) }
        guard query.isNewest else { return .page(try await makeList(query).document, to: request) }
        let edition = try await cache.edition(DocumentCache.Key(topics: query.topics), at: newest()) {
            try await makeList(query)
        }
        return .page(edition.document, to: request)
    }

    private func makeList(_ query: PageQuery) async throws -> (document: Document, cursor: Cursor) {
        // One more than shown tells whether there are older ones.
        let (articles, cursor) = try await reader.listing(
            ArticleQuery(filter: query.filter, text: query.text, before: query.before, limit: Self.pageSize + 1))
        let links = try await topics.topics(shown: articles.map(\.topic), selected: query.topics)
        var count = min(articles.count, Self.pageSize)
        while true {
            let html = renderer.list(
                Array(articles.prefix(count)), of: query, topics: links, cursor: cursor, now: .now,
                hasOlder: articles.count > count, pageSize: Self.pageSize)
            let document = Document.page(html)
            guard document.wireBytes > Self.maxWireBytes, count > 1 else { return (document, cursor) }
            count = max(1, min(count - 1, count * Self.maxWireBytes / document.wireBytes))
        }
    }

    private func article(_ request: Request, _ id: String?) async throws -> Response {
        guard let text = id, let id = Int64(text), id > 0, String(id) == text else { return notFound(request) }
        // First the place in the feed, then the article: an edit between the two is sent again, none is left out.
        let cursor = newest()
        guard let article = try await reader.pageArticle(id: id) else { return notFound(request) }
        return .page(.page(renderer.article(article, cursor: cursor, now: .now)), to: request)
    }

    private func notFound(_ request: Request) -> Response {
        .page(nothing, to: request, status: .notFound)
    }

    private func asset(_ request: Request, file: String?) -> Response {
        guard let asset = file.flatMap(assets.asset(file:)) else { return notFound(request) }
        return .document(
            asset.document, to: request, headers: [.cacheControl: "public, max-age=31536000, immutable"])
    }

    /// Browsers ask for this address where no page tells them another.
    private func favicon(_ request: Request) -> Response {
        .document(
            assets[named: "favicon.svg"].document, to: request, headers: [.cacheControl: "public, max-age=86400"])
    }
}
