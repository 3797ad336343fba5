import ArgumentParser
import Core
import Hummingbird
import NIOHTTP1
import WebSocketCore

/// What a node serves if it does not serve everything (`--only`), so that feeds and requests can be scaled apart.
enum NodeRole: String, Sendable, CaseIterable, ExpressibleByArgument {
    /// The feeds: `/articles` as a WebSocket, and `/events`.
    case websocket
    /// Everything else: the page, the API, the admin site.
    case http

    /// What every node answers.
    private static let common: Set = ["/healthz", "/readyz", "/metrics", "/api/status"]

    /// Why a request belongs elsewhere; `nil` if it belongs here.
    func refusal(path: String, isHandshake: Bool) -> ServiceError? {
        let path = path.hasSuffix("/") && path.count > 1 ? String(path.dropLast()) : path
        guard !Self.common.contains(path) else { return nil }
        let isFeed = path == "/events" || (path == "/articles" && isHandshake)
        switch self {
        case .websocket where !isFeed:
            return ServiceError(
                .misdirected,
                "This node serves feeds only (--only websocket): /articles as a WebSocket, and /events. "
                    + "The page and the API are at a node without it.")
        case .http where isFeed:
            return ServiceError(
                .misdirected,
                "This node serves no feeds (--only http). /articles as a WebSocket, and /events, are at a node without it."
            )
        case .websocket, .http:
            return nil
        }
    }
}

extension HTTPRequestHead {
    /// A WebSocket is asked for (RFC 6455 section 4.1).
    var isHandshake: Bool { WebSocketHandshake.isRequested(upgrade: headers["upgrade"]) }
}

/// Refuses what another node serves, before credentials are looked at: for requests on connections that go on.
struct RoleMiddleware: RouterMiddleware {
    typealias Context = AppRequestContext

    let role: NodeRole?

    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        let isHandshake = WebSocketHandshake.isRequested(upgrade: request.headers[values: .upgrade])
        if let error = role?.refusal(path: request.uri.path, isHandshake: isHandshake) { throw error }
        return try await next(request, context)
    }
}
