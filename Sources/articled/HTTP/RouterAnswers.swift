import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import ServiceLifecycle
import Synchronization

/// Has requests answered by the router, and gives every answer what all of them have.
struct RouterAnswers: Sendable {
    let router: RouterResponder<AppRequestContext>
    let basePath: BasePath
    /// The header's value; `nil` where it is not sent.
    let strictTransportSecurity: String?
    let logger: Logger
    let accessLog: AccessLog
    let traces: Traces
    let durations: AnswerDurations

    /// The answer can't be finished because what came behind the request is no HTTP.
    struct UnreadableRequest: Error {}

    var responder: HTTPChannelHandler.Responder {
        { request, writer, channel in try await answer(request, writer, channel) }
    }

    private func answer(
        _ received: Request, _ writer: consuming ResponseWriter, _ channel: any Channel
    ) async throws {
        let started = ContinuousClock.now
        let id = RequestIdentifier.of(received.headers[.xRequestID])
        let request = received.below(basePath)
        var logger = logger
        logger[metadataKey: "request_id"] = "\(id)"
        var context = AppRequestContext(source: .init(channel: channel, logger: logger))
        context.requestID = id
        if accessLog.isOn { context.notes = RequestNotes() }
        var status = 0
        var bytes: Int?
        var isComplete = false
        defer {
            if let notes = context.notes {
                let (client, user) = notes.client.withLock { $0 }
                accessLog.write(
                    AnsweredRequest(
                        method: request.method.rawValue, path: AnsweredRequest.path(received.head.path ?? "-"),
                        status: status, requestID: id, bytes: bytes, client: client, user: user, started: started,
                        isComplete: isComplete))
            }
        }
        var unsent: ResponseWriter? = writer
        try await traces.withRequest(request, id: id) {
            // The middleware makes answers of all errors but those of the connection.
            let response = decorated(try await router.respond(to: request, context: context), of: request, id)
            durations.observe(started.duration(to: .now))
            (status, bytes) = (Int(response.status.code), response.body.contentLength)
            do {
                try await unsent.take()?.write(response: response.head, body: response.body)
            } catch is HTTPParserError {
                // As it is it would be answered, behind the answer that has begun.
                throw UnreadableRequest()
            }
            return (status, context.endpointPath)
        }
        isComplete = true
    }

    private func decorated(_ response: Response, of request: Request, _ requestID: String) -> Response {
        var response = response
        response.headers[.date] = RawResponse.date()
        response.headers[.server] = Version.product
        response.headers[.xRequestID] = requestID
        // Not by an address, for which browsers don't take it, nor at home, where it would hold for all ports.
        if let strictTransportSecurity, !request.isForThisMachine {
            response.headers[.strictTransportSecurity] = strictTransportSecurity
        }
        // Redirects, and where a new article is: the routes know nothing of the base path.
        if let place = response.headers[.location], place.hasPrefix("/") {
            response.headers[.location] = basePath.link(place)
        }
        return response
    }
}

extension HTTPField.Name {
    static let xRequestID = HTTPField.Name(RequestIdentifier.header)!
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
