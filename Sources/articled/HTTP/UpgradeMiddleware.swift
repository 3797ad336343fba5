import Core
import HTTPTypes
import Hummingbird

/// Answers what no route can: methods that are not known, and handshakes that came where none can be granted, behind
/// another request on the same connection.
///
/// Handshakes that open a connection never reach the router.
struct UpgradeMiddleware: RouterMiddleware {
    typealias Context = AppRequestContext

    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        // RFC 9110 section 15.6.2.
        guard HTTPRequest.Method.known.contains(request.method) else {
            throw ServiceError(.notImplemented, "The method \(request.method.rawValue.prefix(40)) is not known here.")
        }
        guard request.headers[values: .upgrade].contains(where: { $0.lowercased().contains("websocket") }) else {
            return try await next(request, context)
        }
        let isFeed = request.uri.path == "/articles" || request.uri.path == "/articles/"
        let detail =
            isFeed
            ? "A WebSocket handshake must be the first request of its connection. Open a new one."
            : "There is no WebSocket here; the feed is at /articles."
        var response = ProblemMiddleware.response(
            ServiceError(.badRequest, detail), requestID: context.requestID)
        // NIO's decoder reads nothing more from this connection.
        response.headers[.connection] = "close"
        return response
    }
}
