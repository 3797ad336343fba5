import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import ServiceLifecycle

/// Has requests answered by the router, and gives every answer what all of them have.
enum RouterAnswers {
    /// The answer can't be finished because what came behind the request is no HTTP.
    struct UnreadableRequest: Error {}

    static func responder(
        _ router: RouterResponder<AppRequestContext>, basePath: BasePath, strictTransportSecurity: String?,
        logger: Logger
    ) -> HTTPChannelHandler.Responder {
        { request, writer, channel in
            let request = request.below(basePath)
            var logger = logger
            logger[metadataKey: "request"] = .stringConvertible(RequestID())
            let context = AppRequestContext(source: .init(channel: channel, logger: logger))
            // The middleware makes answers of all errors but those of the connection.
            var response = try await router.respond(to: request, context: context)
            response.headers[.date] = RawResponse.date()
            response.headers[.server] = Version.product
            // Not by an address, for which browsers don't take it, nor at home, where it would hold for all ports.
            if let strictTransportSecurity, !request.isForThisMachine {
                response.headers[.strictTransportSecurity] = strictTransportSecurity
            }
            // Redirects, and where a new article is: the routes know nothing of the base path.
            if let place = response.headers[.location], place.hasPrefix("/") {
                response.headers[.location] = basePath.link(place)
            }
            do {
                try await writer.write(response: response.head, body: response.body)
            } catch is HTTPParserError {
                // As it is it would be answered, behind the answer that has begun.
                throw UnreadableRequest()
            }
        }
    }
}

extension Request {
    fileprivate var isForThisMachine: Bool {
        head.authority.map { $0 == "localhost" || $0.hasPrefix("localhost:") } ?? true
    }

    /// The same as the routes know it.
    fileprivate func below(_ basePath: BasePath) -> Request {
        guard basePath != .root else { return self }
        var head = head
        head.path = head.path.map(basePath.local)
        return Request(head: head, body: body)
    }
}
