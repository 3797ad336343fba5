import Core
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTP2
import NIOSSL

/// Turns every error into `application/problem+json` (RFC 9457), in one place.
struct ProblemMiddleware: RouterMiddleware {
    typealias Context = AppRequestContext

    /// How to identify oneself (RFC 9110 section 11.6.1).
    static let challenge = "Bearer realm=\"articles\", Basic realm=\"articles\", charset=\"UTF-8\""
    /// The same for pages: at the other one a browser would ask for a password in a window of its own.
    static let pageChallenge = "Bearer realm=\"articles\""

    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as ServiceError {
            if let cause = error.cause, error.code.rawValue >= 500 {
                context.logger.warning("\(error)", metadata: ["error": "\(cause)"])
            }
            var response = Self.response(error, requestID: context.requestID)
            if error.code == .unauthorized, request.headers[.secFetchMode] != nil {
                response.headers[.wwwAuthenticate] = Self.pageChallenge
            }
            return response
        } catch let error as any HTTPResponseError {
            return Self.response(ServiceError(error, path: request.uri.path), requestID: context.requestID)
        } catch is HTTPParserError {
            // What comes behind the head is no body: nothing more can be read of this connection.
            var response = Self.response(.unreadableRequest, requestID: context.requestID)
            response.headers[.connection] = "close"
            return response
        } catch let error where error.isOfConnection {
            // For the connection to deal with.
            throw error
        } catch {
            context.logger.error(
                "A request failed",
                metadata: ["method": "\(request.method)", "path": "\(request.uri.path)", "error": "\(error)"])
            return Self.response(
                ServiceError(.internalError, "The server failed to answer; its log says why."),
                requestID: context.requestID)
        }
    }

    static func response(_ error: ServiceError, requestID: String) -> Response {
        var headers: HTTPFields = [.contentType: "application/problem+json", .xContentTypeOptions: "nosniff"]
        if let retryAfter = error.retryAfter { headers[.retryAfter] = "\(retryAfter)" }
        if error.code == .unauthorized { headers[.wwwAuthenticate] = challenge }
        if case .methodNotAllowed(let methods)? = error.cause as? RouteProblem {
            headers[.allow] = methods.map(\.rawValue).sorted().joined(separator: ", ")
        }
        return Response(
            status: .init(code: error.code.rawValue, reasonPhrase: error.code.title), headers: headers,
            body: .init(byteBuffer: ByteBuffer(bytes: error.problem(requestID: requestID).bytes)))
    }
}

extension HTTPField.Name {
    /// Sent by browsers only (W3C Fetch Metadata section 2.2).
    fileprivate static let secFetchMode = HTTPField.Name("Sec-Fetch-Mode")!
}

/// What the routes tell the middleware beyond the error's text.
enum RouteProblem: Error {
    case methodNotAllowed([HTTPRequest.Method])
}

extension Error {
    /// The client went away.
    fileprivate var isOfConnection: Bool {
        self is ChannelError || self is IOError || self is any NIOHTTP2Error || self is NIOSSLError
            || self is BoringSSLError
    }
}

extension ServiceError {
    /// An error of the framework's own.
    fileprivate init(_ error: any HTTPResponseError, path: String) {
        switch error.status.code {
        case 404: self.init(.notFound, "There is nothing at \(path.prefix(200)).")
        case 413: self.init(.contentTooLarge, "The request's body is too large.")
        case let code:
            self.init(Code(rawValue: code) ?? .badRequest, "The request could not be understood.")
        }
    }
}
