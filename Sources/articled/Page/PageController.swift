import Core
import HTTPTypes
import Hummingbird
import Mustache
import NIOCore

/// `/`, `/articles` and `/articles/{id}` for browsers, and what these load.
struct PageController<Reader: ArticleReader>: Sendable {
    static var pageSize: Int { 50 }

    let reader: Reader
    private let assets: AssetLibrary
    private let renderer: PageRenderer

    init(reader: Reader, assets: AssetLibrary, templates: MustacheLibrary) {
        self.reader = reader
        self.assets = assets
        renderer = PageRenderer(templates: templates, assets: assets)
    }

    func addRoutes<Context: RequestContext>(to router: some RouterMethods<Context>) {
        for path in ["/", "/articles"] as [RouterPath] {
            router.resource(path, [.get: { request, _ in try await list(request) }])
        }
        router.resource("/articles/{id}", [.get: { _, context in try await article(context.parameters.get("id")) }])
        router.resource(
            "/assets/{file}",
            [.get: { request, context in asset(request, file: context.parameters.get("file")) }])
        router.resource("/favicon.ico", [.get: { request, _ in favicon(request) }])
    }

    /// The newest articles, or with `?before=<id>` those before that one.
    private func list(_ request: Request) async throws -> Response {
        var before: Int64?
        if let text = request.uri.queryParameters["before"] {
            guard let id = Int64(text), id > 0 else { return notFound() }
            before = id
        }
        // One more than shown tells whether there are older ones.
        let (articles, cursor) = try await reader.latest(limit: Self.pageSize + 1, before: before)
        let shown = Array(articles.prefix(Self.pageSize))
        let older = articles.count > shown.count ? shown.last.map { "/?before=\($0.id)" } : nil
        return .page(
            renderer.list(
                shown, view: before == nil ? .newest : .older, cursor: cursor, now: .now, older: older,
                pageSize: Self.pageSize))
    }

    private func article(_ id: String?) async throws -> Response {
        guard let text = id, let id = Int64(text), id > 0, String(id) == text else { return notFound() }
        // First the place in the feed, then the article: an edit between the two is sent again, none is left out.
        let cursor = try await reader.latest(limit: 1, before: nil).cursor
        guard let article = try await reader.pageArticle(id: id) else { return notFound() }
        return .page(renderer.article(article, cursor: cursor, now: .now))
    }

    private func notFound() -> Response {
        .page(renderer.notFound(), status: .notFound)
    }

    private func asset(_ request: Request, file: String?) -> Response {
        guard let asset = file.flatMap(assets.asset(file:)) else { return notFound() }
        return .asset(asset, to: request, cacheControl: "public, max-age=31536000, immutable")
    }

    /// Browsers ask for this address where no page tells them another.
    private func favicon(_ request: Request) -> Response {
        .asset(assets[named: "favicon.svg"], to: request, cacheControl: "public, max-age=86400")
    }
}
