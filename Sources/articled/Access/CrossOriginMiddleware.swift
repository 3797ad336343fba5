import HTTPTypes
import Hummingbird

/// Lets pages of the origins in `--allowed-origin` read the answers, errors too, and answers their browsers' question
/// whether they may ask (CORS: WHATWG Fetch Standard section 3.3).
///
/// Without `Access-Control-Allow-Credentials`: such a page needs a token, for it must not act with a person's session.
struct CrossOriginMiddleware: RouterMiddleware {
    typealias Context = AppRequestContext

    let origins: OriginPolicy

    private static let methods = "GET, HEAD, POST, PUT, PATCH, DELETE"
    private static let requestHeaders =
        "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, Last-Event-ID"
    private static let answerHeaders = "ETag, Location, Retry-After"

    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        guard let origin = request.headers[.origin], request.headers[values: .origin].count == 1,
            origins.allowed.contains(origin)
        else { return try await next(request, context) }
        var response: Response
        if request.method == .options, request.headers[.accessControlRequestMethod] != nil {
            response = Response(status: .noContent)
            response.headers[.accessControlAllowMethods] = Self.methods
            response.headers[.accessControlAllowHeaders] = Self.requestHeaders
            response.headers[.accessControlMaxAge] = "600"
        } else {
            response = try await next(request, context)
            response.headers[.accessControlExposeHeaders] = Self.answerHeaders
        }
        response.headers[.accessControlAllowOrigin] = origin
        let vary = response.headers[.vary]
        response.headers[.vary] = vary.map { $0.contains("Origin") ? $0 : "\($0), Origin" } ?? "Origin"
        return response
    }
}
