import Core
import HTTPTypes
import Hummingbird
import NIOCore

/// The pages: the list at `/` and `/articles`, one article at `/articles/{id}`, and what they load.
struct PageController: Sendable {
    private static let pageSize = 20

    private let reader: any ArticleReader
    private let assets: AssetLibrary
    private let renderer: PageRenderer

    init(reader: any ArticleReader) throws {
        self.reader = reader
        assets = AssetLibrary()
        renderer = try PageRenderer(assets: assets)
    }

    func addRoutes(to router: some RouterMethods<AppRequestContext>) {
        router.resource("/", [.get: list])
        router.resource("/articles", [.get: list])
        router.resource("/articles/:id", [.get: article])
        router.resource("/assets/:file", [.get: asset])
        router.resource("/favicon.ico", [.get: favicon])
    }

    @Sendable private func list(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let parameter = request.uri.queryParameters["before"]
        let before = parameter.flatMap { Int64($0) }.flatMap { $0 > 0 ? $0 : nil }
        if parameter != nil, before == nil {
            return html(
                renderer.message(title: "No such page", text: "The parameter before must be an article's id."),
                status: .badRequest)
        }
        // One more tells whether there is an older page.
        let (found, cursor) = try await reader.latest(limit: Self.pageSize + 1, before: before)
        let articles = Array(found.prefix(Self.pageSize))
        let older = found.count > Self.pageSize ? articles.last.map { "/articles?before=\($0.id)" } : nil
        return html(renderer.list(articles, cursor: before == nil ? cursor : nil, older: older))
    }

    @Sendable private func article(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let text = context.parameters.get("id") ?? ""
        guard let id = Int64(text), String(id) == text, let article = try await reader.pageArticle(id: id) else {
            return html(
                renderer.message(title: "No such article", text: "It may have been deleted, or never been there."),
                status: .notFound)
        }
        return html(renderer.article(article))
    }

    @Sendable private func asset(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        guard let asset = assets.asset(path: "/assets/" + (context.parameters.get("file") ?? "")) else {
            throw ServiceError(.notFound, "There is no such file.")
        }
        var headers: HTTPFields = [
            .contentType: asset.mediaType, .eTag: asset.entityTag, .xContentTypeOptions: "nosniff",
            .cacheControl: "public, max-age=31536000, immutable",
        ]
        if request.headers[.ifNoneMatch] == asset.entityTag {
            headers[.contentType] = nil
            return Response(status: .notModified, headers: headers)
        }
        return Response(status: .ok, headers: headers, body: .init(byteBuffer: asset.bytes))
    }

    @Sendable private func favicon(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        Response(status: .found, headers: [.location: assets.asset(named: "favicon.svg").path])
    }

    private func html(_ text: String, status: HTTPResponse.Status = .ok) -> Response {
        var headers: HTTPFields = [
            .contentType: "text/html; charset=utf-8", .cacheControl: "no-cache", .xContentTypeOptions: "nosniff",
            .contentSecurityPolicy: Self.contentSecurityPolicy,
        ]
        if let name = HTTPField.Name("Referrer-Policy") { headers[name] = "same-origin" }
        return Response(status: status, headers: headers, body: .init(byteBuffer: ByteBuffer(string: text)))
    }

    /// Nothing but the program's own files, and nothing inline: markup that slipped through would do nothing.
    private static let contentSecurityPolicy = [
        "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self'", "connect-src 'self'",
        "base-uri 'none'", "form-action 'self'", "frame-ancestors 'none'",
    ].joined(separator: "; ")
}
