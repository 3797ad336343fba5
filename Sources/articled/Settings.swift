import ArgumentParser
import Core
import Logging
import NIOCore

/// What `articled serve` was told.
struct Settings: ParsableArguments {
    @Option(help: ArgumentHelp("Address to listen on.", valueName: "address"))
    var host = "127.0.0.1"

    @Option(help: ArgumentHelp("Port to listen on.", valueName: "number"))
    var port: UInt16 = 8000

    @OptionGroup(visibility: .default) var tls: TLSOptions

    @Option(
        help: ArgumentHelp("Path that everything lies under, behind a proxy: /news.", valueName: "path"))
    var basePath = BasePath.root

    @Option(
        help: ArgumentHelp(
            "Where articles are kept. (default: $XDG_DATA_HOME/articled or ~/.local/share/articled)", valueName: "path")
    )
    var dataDir: String?

    @Option(
        help: ArgumentHelp(
            """
            "sqlite" in the data directory, "memory:" for a trial, or a Redis that nodes share: \
            redis://host:6379/0?feed=main, redis+sentinel://host:26379,…/name/0, redis+cluster://host:6379,…
            """, valueName: "store"))
    var store = StoreKind.sqlite

    @OptionGroup(visibility: .default) var redis: RedisOptions

    @Option(help: ArgumentHelp("How this node calls itself to clients. (default: the host's name)", valueName: "name"))
    var node: String?

    @Option(
        help: ArgumentHelp(
            "Serve feeds only (websocket), or everything but feeds (http). (default: everything)", valueName: "role"))
    var only: NodeRole?

    @Option(help: ArgumentHelp("Event loops. (default: one for each core)", valueName: "number"))
    var threads: Int?

    @Option(help: ArgumentHelp("What to log.", valueName: "level"))
    var logLevel = LogLevel(.info)

    @Option(help: ArgumentHelp("How: text, json, or auto: text on a terminal, else JSON.", valueName: "format"))
    var logFormat = LogFormat.auto

    @Flag(inversion: .prefixedNo, help: "Log every answer: path, status, client, time; costs some microseconds each.")
    var accessLog = false

    @Option(
        name: .customLong("metrics-from"),
        help: ArgumentHelp(
            "Who may read /metrics without an admin's token, as 10.0.0.7; may be repeated. (default: this machine)",
            valueName: "address"))
    var metricsFrom: [AddressRange] = []

    @Option(help: ArgumentHelp("Time between heartbeats.", valueName: "time"))
    var pingInterval = TimeSpan(.seconds(10))

    @Option(help: ArgumentHelp("Longest body of an article, in bytes.", valueName: "bytes"))
    var maxBody = 64 * 1024

    @Option(help: ArgumentHelp("Longest header of a request, in bytes.", valueName: "bytes"))
    var maxHeader = 16 * 1024

    @Option(help: ArgumentHelp("Time within which a request must have arrived.", valueName: "time"))
    var requestTimeout = TimeSpan(.seconds(30))

    @Option(help: ArgumentHelp("Time after which an idle HTTP connection is closed.", valueName: "time"))
    var idleTimeout = TimeSpan(.seconds(75))

    @Option(help: ArgumentHelp("Time after which a subscriber that reads nothing is cut off.", valueName: "time"))
    var stallTimeout = TimeSpan(.seconds(60))

    @Option(
        help: ArgumentHelp(
            "Time for which /readyz says 503 before the daemon stops accepting, for load balancers to notice.",
            valueName: "time"))
    var drainDelay = TimeSpan(.zero)

    @Option(help: ArgumentHelp("Time that subscribers have to leave when the daemon stops.", valueName: "time"))
    var drainTimeout = TimeSpan(.seconds(10))

    @Option(help: ArgumentHelp("Events in memory: number, bytes (16MiB), or both.", valueName: "limits"))
    var backlog = Retention(events: 10_000, bytes: 16 * 1024 * 1024)

    @Option(help: ArgumentHelp("Events in the store to resume from: number, age (30d), or both.", valueName: "limits"))
    var retention = Retention(events: 1_000_000, age: .hours(24 * 30))

    @Option(
        help: ArgumentHelp(
            "What may wait to be stored before publishers are turned away: articles, bytes, or both.",
            valueName: "limits"))
    var queue = Retention(events: 10_000, bytes: 64 * 1024 * 1024)

    @Option(help: ArgumentHelp("Memory for the page, and for each kind of feed, kept made.", valueName: "bytes"))
    var pageCache = ByteCount(16 * 1024 * 1024)

    @Option(help: ArgumentHelp("Articles in /feed.atom and /feed.json.", valueName: "number"))
    var feedEntries = 50

    @Flag(
        inversion: .prefixedNo,
        help: "Compress the feed for WebSocket clients that offer permessage-deflate.")
    var compression = true

    @Flag(
        name: .customLong("io-uring"), inversion: .prefixedNo,
        help: "Send to many subscribers with one call of the kernel, where it allows io_uring.")
    var usesIOURing = true

    @Option(
        name: .customLong("allowed-origin"),
        help: ArgumentHelp("Another site whose pages may subscribe; may be repeated.", valueName: "origin"))
    var allowedOrigins: [String] = []

    @Option(
        name: .customLong("trusted-proxy"),
        help: ArgumentHelp(
            "A proxy whose X-Forwarded-For, -Proto and -Host are believed, as 10.0.0.0/8; may be repeated.",
            valueName: "address"))
    var trustedProxies: [AddressRange] = []

    @Option(
        name: .customLong("token"),
        help: ArgumentHelp(
            """
            A token that lets in besides those of the store, as "NAME ROLE HASH" with the SHA-256 of the token in \
            hexadecimal, never the token itself; may be repeated.
            """, valueName: "token"))
    var tokens: [ConfiguredToken] = []

    @Flag(inversion: .prefixedNo, help: "Let only those read who have an account or a token.")
    var requireAuth = false

    @Option(help: ArgumentHelp("Failed logins a minute, for an address and for an account.", valueName: "number"))
    var loginAttempts = 10

    @Option(help: ArgumentHelp("Writes a second for each address. (default: no limit)", valueName: "number"))
    var writeRate: Int?

    @Option(help: ArgumentHelp("Open connections of each address. (default: no limit)", valueName: "number"))
    var maxConnectionsPerAddress: Int?

    @Option(
        help: ArgumentHelp(
            "Open connections in all; who comes beyond gets 503. (default: as many as descriptors allow)",
            valueName: "number"))
    var maxConnections: Int?

    @Option(help: ArgumentHelp("Time without a request after which a login ends.", valueName: "time"))
    var sessionIdle = TimeSpan(.hours(12))

    @Option(help: ArgumentHelp("Time after which a login ends in any case.", valueName: "time"))
    var sessionLifetime = TimeSpan(.hours(14 * 24))

    @Option(help: ArgumentHelp("Logins of each account; a further one ends the oldest.", valueName: "number"))
    var sessionsPerAccount = 20

    @Option(help: ArgumentHelp("Time in which the first account must be made with the set-up link.", valueName: "time"))
    var setupLinkLifetime = TimeSpan(.hours(1))

    @Option(help: ArgumentHelp("Work to hash a password: the binary logarithm of scrypt's N.", valueName: "number"))
    var passwordCost = PasswordHash.Cost().logRounds

    @Option(help: ArgumentHelp("Lines of the audit log that are kept: number, age, or both.", valueName: "limits"))
    var auditRetention = Retention(events: 1_000_000, age: .hours(24 * 400))

    func validate() throws {
        try store.check()
        try ConfiguredToken.check(tokens)
        try tls.check()
        for (name, number) in [
            ("--login-attempts", loginAttempts), ("--write-rate", writeRate ?? 1),
            ("--sessions-per-account", sessionsPerAccount),
            ("--max-connections-per-address", maxConnectionsPerAddress ?? 1),
            ("--max-connections", maxConnections ?? 1),
        ] where number < 1 { throw ValidationError("\(name) must be at least 1.") }
        guard (10...20).contains(passwordCost) else { throw ValidationError("--password-cost must be from 10 to 20.") }
        if auditRetention.bytes != nil {
            throw ValidationError("--audit-retention takes a number of lines and an age, not bytes.")
        }
        if let threads, !(1...1024).contains(threads) { throw ValidationError("--threads must be from 1 to 1024.") }
        guard (1...1000).contains(feedEntries) else { throw ValidationError("--feed-entries must be from 1 to 1000.") }
        guard maxBody > 0 else { throw ValidationError("--max-body must be at least 1.") }
        guard maxHeader >= 1024 else { throw ValidationError("--max-header must be at least 1024.") }
        let spans = [
            ("--ping-interval", pingInterval), ("--request-timeout", requestTimeout), ("--idle-timeout", idleTimeout),
            ("--stall-timeout", stallTimeout), ("--session-idle", sessionIdle), ("--session-lifetime", sessionLifetime),
            ("--setup-link-lifetime", setupLinkLifetime),
        ]
        for (name, span) in spans where span.amount < .milliseconds(20) {
            throw ValidationError("\(name) must be at least 20ms.")
        }
        for (name, span) in [("--drain-delay", drainDelay), ("--drain-timeout", drainTimeout)]
        where span.amount > .hours(24) { throw ValidationError("\(name) must be at most 1d.") }
        if let text = allowedOrigins.first(where: { !OriginPolicy.isOrigin($0) }) {
            throw ValidationError(
                "--allowed-origin is a scheme, a host and perhaps a port in small letters, as https://news.example; "
                    + "no browser sends '\(text.prefix(100))'.")
        }
        if queue.age != nil { throw ValidationError("--queue takes a number of articles and bytes, not an age.") }
        if backlog.age != nil { throw ValidationError("--backlog takes a number of events and bytes, not an age.") }
        if retention.bytes != nil {
            throw ValidationError("--retention takes a number of events and an age, not bytes.")
        }
    }
}
