import HTTPTypes
import Hummingbird
import Tracing

extension Traces {
    /// Answers a request inside a span of its own, a child of what its headers name (W3C Trace Context: `traceparent`).
    ///
    /// The span has the path and not the query, which may have a secret in it.
    ///
    /// - Parameter answer: returns the answer's status, and the route that made it if there was one.
    func withRequest(
        _ request: Request, id: String, answer: () async throws -> (status: Int, route: String?)
    ) async throws {
        guard isOn else {
            _ = try await answer()
            return
        }
        var context = ServiceContext.topLevel
        tracer.extract(request.headers, into: &context, using: HeaderExtractor())
        let method = request.method.rawValue
        let span = tracer.startSpan(method, context: context, ofKind: .server)
        span.attributes["http.request.method"] = method
        span.attributes["url.path"] = request.uri.path
        span.attributes["http.request.header.x-request-id"] = id
        try await ServiceContext.$current.withValue(span.context) {
            do {
                let (status, route) = try await answer()
                if let route {
                    span.operationName = "\(method) \(route)"
                    span.attributes["http.route"] = route
                }
                span.attributes["http.response.status_code"] = status
                if status >= 500 { span.setStatus(SpanStatus(code: .error)) }
                span.end()
            } catch {
                span.end(error)
                throw error
            }
        }
    }
}

private struct HeaderExtractor: Extractor {
    func extract(key: String, from headers: HTTPFields) -> String? {
        HTTPField.Name(key).flatMap { headers[$0] }
    }
}
