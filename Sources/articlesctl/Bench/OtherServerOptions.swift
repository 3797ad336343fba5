import ArgumentParser
import Foundation

/// Another server than an articles server, described by what is sent to it.
struct OtherServerOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            Measure another server: subscribers connect here, to ws://…, or to http://… for an answer that does not end.
            """, valueName: "url"))
    var subscribe: String?

    @Option(help: ArgumentHelp("The WebSocket subprotocol that subscribers ask for.", valueName: "name"))
    var subprotocol: String?

    @Option(
        help: ArgumentHelp(
            "A header of theirs, \"Name: value\", or @FILE with one on each line; may be repeated.",
            valueName: "header"))
    var subscribeHeader: [String] = []

    @Option(help: ArgumentHelp("A text message that each sends once it is connected.", valueName: "text"))
    var onConnect: EscapedBytes?

    @Option(help: ArgumentHelp("The same as a binary message.", valueName: "bytes"))
    var onConnectBinary: EscapedBytes?

    @Option(
        help: ArgumentHelp(
            "Where articles are published: http://…, or tcp://host:port for bytes on a plain connection.",
            valueName: "url"))
    var publish: String?

    @Option(help: ArgumentHelp("The method of publishing. (default: POST)", valueName: "method"))
    var publishMethod: String?

    @Option(
        help: ArgumentHelp(
            "A header of publishers, or @FILE; may be repeated. (default: Content-Type: text/plain)",
            valueName: "header"))
    var publishHeader: [String] = []

    @Option(
        help: ArgumentHelp(
            """
            What is published; {{body}} is replaced by --size letters, the first of which are the marker. \
            (default: {{body}})
            """, valueName: "template"))
    var publishBody: EscapedBytes?

    @Option(
        help: ArgumentHelp(
            "With tcp://: what a publisher says first; something must come in answer.", valueName: "bytes"))
    var publishHello: EscapedBytes?

    @Option(help: ArgumentHelp("With tcp://: the bytes that answer an article.", valueName: "bytes"))
    var publishAnswer: EscapedBytes?

    static let placeholder = "{{body}}"

    /// - Throws: `ValidationError`, which says what is wrong.
    func validate() throws {
        guard let subscribe, let publish else {
            guard subscribe == nil, publish == nil, names.isEmpty else {
                throw ValidationError(
                    "\(names.first ?? "") is for another server, which --subscribe and --publish must name.")
            }
            return
        }
        let (feed, target) = try (
            url(subscribe, "--subscribe", [.ws, .http]), url(publish, "--publish", [.http, .tcp])
        )
        for (name, isGiven) in [
            ("--subprotocol", subprotocol != nil), ("--on-connect", onConnect != nil),
            ("--on-connect-binary", onConnectBinary != nil),
        ] where isGiven && feed.scheme != .ws {
            throw ValidationError("\(name) is for subscribers over ws://.")
        }
        guard onConnect == nil || onConnectBinary == nil else {
            throw ValidationError("Say either --on-connect or --on-connect-binary.")
        }
        if let subprotocol, !HeaderLine.isToken(subprotocol) {
            throw ValidationError("--subprotocol \(subprotocol) is not the name of a subprotocol.")
        }
        if target.scheme == .tcp {
            guard publishMethod == nil, publishHeader.isEmpty else {
                throw ValidationError("--publish-method and --publish-header are for publishers over http://.")
            }
            guard publishAnswer.map({ !$0.bytes.isEmpty }) ?? false else {
                throw ValidationError("With tcp:// say what answers an article: --publish-answer.")
            }
        } else if publishHello != nil || publishAnswer != nil {
            throw ValidationError("--publish-hello and --publish-answer are for publishers over tcp://.")
        }
        guard HeaderLine.isToken(publishMethod ?? "POST") else {
            throw ValidationError("--publish-method \(publishMethod ?? "") is no method.")
        }
        guard template.count == 2 else {
            throw ValidationError("--publish-body must have \(Self.placeholder) in it once.")
        }
    }

    /// Whether another server is meant.
    var isGiven: Bool { subscribe != nil }

    /// The options that are there.
    private var names: [String] {
        [
            ("--subscribe", subscribe != nil), ("--publish", publish != nil), ("--subprotocol", subprotocol != nil),
            ("--subscribe-header", !subscribeHeader.isEmpty), ("--on-connect", onConnect != nil),
            ("--on-connect-binary", onConnectBinary != nil), ("--publish-method", publishMethod != nil),
            ("--publish-header", !publishHeader.isEmpty), ("--publish-body", publishBody != nil),
            ("--publish-hello", publishHello != nil), ("--publish-answer", publishAnswer != nil),
        ].filter(\.1).map(\.0)
    }

    /// The template around its placeholder.
    private var template: [[UInt8]] {
        guard let bytes = publishBody?.bytes else { return [[], []] }
        return bytes.split(separator: Array(Self.placeholder.utf8), omittingEmptySubsequences: false).map(Array.init)
    }

    private func url(_ text: String, _ option: String, _ schemes: [LoadURL.Scheme]) throws -> LoadURL {
        do {
            return try LoadURL(text, schemes)
        } catch {
            throw ValidationError("\(option): \(error.reason).")
        }
    }

    /// What is sent where.
    ///
    /// - Parameters:
    ///   - size: bytes of the text.
    ///   - sources: IPv4 addresses to come from.
    /// - Throws: ``CommandFailure`` where a file can't be read, or a server can't be reached.
    func target(size: Int, sources: [String]) throws -> LoadTarget {
        let feed = try url(subscribe ?? "", "--subscribe", [.ws, .http])
        let target = try url(publish ?? "", "--publish", [.http, .tcp])
        return try LoadTarget(feed: request(feed, sources), publication: publication(target, size, sources))
    }

    private func request(_ url: LoadURL, _ sources: [String]) throws -> FeedRequest {
        let transport: Transport = url.scheme == .ws ? .websocket : .sse
        let own = try HeaderLine.read(subscribeHeader, "--subscribe-header")
        let greeting =
            onConnect.map { WebSocketReader.clientFrame(opcode: 1, $0.bytes) }
            ?? onConnectBinary.map { WebSocketReader.clientFrame(opcode: 2, $0.bytes) }
        return FeedRequest(
            endpoint: try reach(url, "--subscribe", sources), transport: transport, dialect: .other, path: url.path,
            headers: HeaderLine.merged(
                own,
                over: ["Host: \(url.authority)", LoadTarget.userAgent]
                    + FeedRequest.headers(transport, subprotocol: subprotocol)),
            greeting: greeting ?? [])
    }

    private func publication(_ url: LoadURL, _ size: Int, _ sources: [String]) throws -> Publication {
        let endpoint = try reach(url, "--publish", sources)
        let parts = template
        guard url.scheme == .http else {
            return Publication(
                endpoint: endpoint,
                exchange: .stream(hello: publishHello?.bytes ?? [], answer: publishAnswer?.bytes ?? []),
                front: parts[0], size: size, back: parts[1])
        }
        let headers = HeaderLine.merged(
            try HeaderLine.read(publishHeader, "--publish-header"),
            over: ["Host: \(url.authority)", LoadTarget.userAgent, "Content-Type: text/plain"])
        return Publication(
            endpoint: endpoint, head: ["\(publishMethod ?? "POST") \(url.path) HTTP/1.1"] + headers, front: parts[0],
            size: size, back: parts[1])
    }

    private func reach(_ url: LoadURL, _ option: String, _ sources: [String]) throws -> LoadEndpoint {
        guard let endpoint = LoadEndpoint.reach(url.host, url.port, from: sources) else {
            throw CommandFailure(.unreachable, "No answer from \(url).", "Start the server, or look at \(option).")
        }
        return endpoint
    }
}
