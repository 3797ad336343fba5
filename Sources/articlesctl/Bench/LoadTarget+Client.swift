import ArticlesClient

extension LoadTarget {
    /// Whether a server can be measured at all.
    static func check(_ server: ServerURL) throws {
        guard !server.isSecure else {
            throw CommandFailure(
                .usage, "bench speaks to the daemon itself, without TLS: it would measure the cipher on both sides.",
                "Name the daemon's own port with --url http://….")
        }
    }

    /// The feed and the API of a client's server.
    ///
    /// - Parameter sources: IPv4 addresses to come from.
    /// - Throws: ``CommandFailure`` if it can't be reached.
    static func articles(
        _ client: ArticlesClient, topic: String, transport: Transport, size: Int, sources: [String]
    ) throws -> LoadTarget {
        let server = client.server
        guard let endpoint = LoadEndpoint.reach(server.host, server.port, from: sources) else {
            throw CommandFailure(
                .unreachable, "No answer from \(server).", "Name another with --url or ARTICLES_URL.")
        }
        let common =
            ["Host: \(server.authority)", userAgent] + (client.authorization.map { ["Authorization: \($0)"] } ?? [])
        let feed = FeedRequest(
            endpoint: endpoint, transport: transport, dialect: .articles,
            path: "\(server.path)/\(transport == .websocket ? "articles" : "events")?topic=\(topic)&last=0",
            headers: FeedRequest.headers(transport, subprotocol: "articles.v1") + common, greeting: [])
        let publication = Publication(
            endpoint: endpoint,
            head: ["POST \(server.path)/api/articles/ HTTP/1.1"] + common + ["Content-Type: application/json"],
            front: Array("{\"title\":\"bench\",\"topic\":\"\(topic)\",\"body\":\"".utf8), size: size,
            back: Array("\"}".utf8))
        return LoadTarget(feed: feed, publication: publication)
    }
}
