import Core
import HTTPTypes
import Hummingbird

extension RouterMethods {
    /// Routes one path; methods without a handler are answered 405 with `Allow` (RFC 9110 section 15.5.6).
    ///
    /// Answers to HEAD are made from GET.
    func resource(
        _ path: RouterPath,
        _ handlers: [HTTPRequest.Method: @Sendable (Request, Context) async throws -> Response]
    ) {
        var allowed = Array(handlers.keys)
        if handlers[.get] != nil { allowed.append(.head) }
        let methods = allowed
        for (method, handler) in handlers { on(path, method: method, use: handler) }
        for method in HTTPRequest.Method.known where !methods.contains(method) {
            on(path, method: method) { request, _ -> Response in
                throw ServiceError(
                    .methodNotAllowed,
                    "\(request.method.rawValue) is not possible here; these are: "
                        + methods.map(\.rawValue).sorted().joined(separator: ", ") + ".",
                    cause: RouteProblem.methodNotAllowed(methods))
            }
        }
    }
}

extension HTTPRequest.Method {
    /// Those of RFC 9110 section 9, RFC 5789, and QUERY.
    static let known: [HTTPRequest.Method] = [
        .get, .head, .post, .put, .patch, .delete, .options, .trace, .connect, HTTPRequest.Method("QUERY")!,
    ]
}
