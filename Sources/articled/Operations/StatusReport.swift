import Core

/// How the daemon is: for everybody, and in more detail for admins.
struct StatusReport: Sendable {
    let node: String
    /// What it was told to serve; `nil` means everything.
    let role: NodeRole?
    let feed: FeedLog
    let store: any Store
    let rates: Rates
    let refusals: Refusals
    let connections: OpenConnections
    let problems: RecentProblems
    let started: ContinuousClock.Instant

    /// Seconds since the start.
    var uptime: Int64 { started.duration(to: .now).components.seconds }

    /// What everybody may know.
    var summary: [JSONMember] {
        let history = feed.history
        return [
            JSONMember("node", .string(node)),
            JSONMember("version", .string(Version.number)),
            JSONMember("role", .string(role?.rawValue ?? "all")),
            JSONMember("uptime", .integer(uptime)),
            JSONMember("cursor", .string(history.newest.description)),
            JSONMember("oldest", .string(history.oldest.description)),
            JSONMember("subscribers", .integer(Int64(feed.subscriberCount))),
        ]
    }

    /// What only admins may know.
    ///
    /// - Parameter addresses: where the daemon can be reached.
    func details(addresses: [String]) async throws -> [JSONMember] {
        let size = try await store.size()
        let transports = feed.subscribersByTransport
        func number(_ value: Int) -> JSONValue { .integer(Int64(value)) }
        return [
            JSONMember(
                "store",
                .object(
                    [
                        JSONMember("kind", .string(size.kind.rawValue)),
                        JSONMember("path", size.place.map { .string($0) } ?? .null),
                        JSONMember("bytes", number(size.bytes)),
                        JSONMember("articles", number(size.articles)),
                        JSONMember("events", .integer(size.events)),
                    ] + size.details)
            ),
            JSONMember(
                "transports",
                .object([
                    JSONMember("websocket", number(transports.webSocket)),
                    JSONMember("sse", number(transports.eventStream)),
                    JSONMember("ndjson", number(transports.jsonLines)),
                ])),
            JSONMember(
                "rates",
                .object([
                    JSONMember("events_per_second_10s", .number(rates.eventsPerSecond(over: 10))),
                    JSONMember("events_per_second_5m", .number(rates.eventsPerSecond(over: 300))),
                ])),
            JSONMember(
                "refused",
                .object([
                    JSONMember("logins", number(refusals.total(.login))),
                    JSONMember("writes", number(refusals.total(.write))),
                    JSONMember("connections", number(refusals.total(.connection))),
                    JSONMember("capacity", number(refusals.total(.capacity))),
                ])),
            JSONMember(
                "connections",
                .object([
                    JSONMember("open", number(connections.count)),
                    JSONMember("limit", number(connections.limits.served ?? connections.limits.open)),
                    JSONMember("accept_pauses", number(connections.pauses)),
                ])),
            JSONMember("addresses", .array(addresses.map { .string($0) })),
            JSONMember(
                "problems",
                .array(
                    problems.latest.map { problem in
                        .object([
                            JSONMember("at", .string(problem.at.description)),
                            JSONMember("level", .string(problem.level)),
                            JSONMember("message", .string(problem.message)),
                        ])
                    })),
        ]
    }
}
