import Core
import HTTPTypes
import Hummingbird
import NIOCore

/// `/events`: the feed as the body of an HTTP answer.
struct EventsController: Sendable {
    let feed: FeedLog
    let accounts: Accounts

    func addRoutes(to router: some RouterMethods<AppRequestContext>) {
        router.resource("/events", [.get: events])
    }

    @Sendable private func events(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let encoding = try Self.encoding(accept: request.headers[values: .accept])
        let (query, follows) = try Self.query(request)
        let (channel, hub) = (context.channel, feed.hub(of: context.channel.eventLoop))
        var headers: HTTPFields = [
            .contentType: encoding == .eventStream ? "text/event-stream" : "application/x-ndjson",
            .cacheControl: "no-store", .vary: "Accept, Origin", .xContentTypeOptions: "nosniff",
        ]
        // Tells nginx to pass on what comes as it comes.
        headers[.xAccelBuffering] = "no"
        let admission = StreamAdmission(accounts: accounts, credential: context.principal?.credential)
        return Response(
            status: .ok, headers: headers,
            body: ResponseBody { writer in
                try await EventStream.write(
                    query, encoding: encoding, follows: follows, hub: hub, channel: channel, admission: admission,
                    to: &writer)
            })
    }

    /// Which encoding a client prefers (RFC 9110 section 12.5.1); server-sent events where it does not care.
    ///
    /// - Throws: ``ServiceError`` `notAcceptable`.
    static func encoding(accept values: [String]) throws(ServiceError) -> FeedEncoding {
        let ranges = values.flatMap { $0.split(separator: ",") }.map(MediaRange.init)
        guard !ranges.isEmpty else { return .eventStream }
        let lines = MediaRange.quality(of: "application/x-ndjson", in: ranges)
        let events = MediaRange.quality(of: "text/event-stream", in: ranges)
        guard max(lines, events) > 0 else {
            throw ServiceError(
                .notAcceptable, "The feed can be had as text/event-stream or application/x-ndjson. Ask for one of them."
            )
        }
        return lines > events ? .jsonLines : .eventStream
    }

    private static func query(_ request: Request) throws(ServiceError) -> (FeedQuery, follows: Bool) {
        var items = request.uri.queryParameters.map { (name: String($0.key), value: String($0.value)) }
        var follows = true
        for (name, value) in items where name == "follow" {
            switch value {
            case "true": follows = true
            case "false": follows = false
            default: throw ServiceError(.badRequest, "The parameter follow must be true or false.")
            }
        }
        // An EventSource that comes again says where it was; its URL still says where it began.
        if let last = request.headers[.lastEventID], !last.isEmpty {
            guard Cursor(last) != nil else {
                throw ServiceError(
                    .badRequest, "The header Last-Event-ID must be a cursor such as 42-9c1e7a3b, as id has it.")
            }
            items.removeAll { $0.name == "since" }
            items.append(("since", last))
        }
        return (try FeedQuery(items: items), follows)
    }
}

extension HTTPField.Name {
    fileprivate static let xAccelBuffering = HTTPField.Name("X-Accel-Buffering")!
    fileprivate static let lastEventID = HTTPField.Name("Last-Event-ID")!
}
