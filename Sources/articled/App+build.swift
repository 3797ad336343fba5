import Core
import Hummingbird
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import UnixSignals

/// The daemon, put together: the one place that knows all of its parts.
struct App {
    private let services: [any Service]
    private let logger: Logger

    /// - Parameters:
    ///   - onListening: called with the port once connections are accepted.
    static func build(
        settings: Settings, store: SQLiteStore, localToken: String, group: MultiThreadedEventLoopGroup, logger: Logger,
        onListening: @escaping @Sendable (Int) async -> Void
    ) throws -> App {
        let node = ProcessInfoName.host
        let eventLoops = Array(group.makeIterator())
        let fanout = FanoutConfiguration(settings: settings, node: node)
        let history = try store.history()
        let feed = FeedLog(
            eventLoops: eventLoops, history: history,
            newestEvents: try store.newestEvents(maxEvents: fanout.ring.maxEvents, maxBytes: fanout.ring.maxBytes),
            configuration: fanout, reader: store)
        var queue = ArticleLog.Limits()
        queue.commands = settings.queue.events ?? queue.commands
        queue.bytes = settings.queue.bytes ?? queue.bytes
        let log = ArticleLog(store: store, feed: feed, limits: queue, logger: logger)
        let readiness = Readiness()
        let connections = HTTPConnections(logger: logger)

        let authenticator = Authenticator(localToken: localToken)
        let limits = ArticleLimits(maxBodyBytes: settings.maxBody)
        let publisher = DirectPublisher(
            eventLoops: eventLoops, log: log, authenticator: authenticator, limits: limits)

        let router = Router(context: AppRequestContext.self, options: .autoGenerateHeadEndpoints)
        router.middlewares.add(ProblemMiddleware())
        router.middlewares.add(UpgradeMiddleware())
        BatchController(log: log, authenticator: authenticator, limits: limits).addRoutes(to: router)
        ArticlesController(store: store, log: log, authenticator: authenticator, limits: limits)
            .addRoutes(to: router)
        EventsController(feed: feed, allowedOrigins: Set(settings.allowedOrigins)).addRoutes(to: router)
        StatusController(node: node, feed: feed, store: store, log: log, readiness: readiness, started: .now)
            .addRoutes(to: router)
        try PageController(reader: store).addRoutes(to: router)

        let setup = ConnectionSetup(
            responder: RouterAnswers.responder(router.buildResponder(), logger: logger), feed: feed,
            handshake: FeedHandshake(
                allowedOrigins: Set(settings.allowedOrigins), isCompressionAllowed: settings.compression),
            connections: connections, publisher: publisher,
            deadlines: RequestDeadlines(
                eventLoops: eventLoops, timeout: settings.requestTimeout.amount,
                idleTimeout: settings.idleTimeout.amount),
            maxHeaderBytes: settings.maxHeader, idleTimeout: settings.idleTimeout.amount, logger: logger)
        let listener = FeedListener(
            host: settings.host, port: settings.port, group: group, setup: setup, logger: logger,
            onListening: onListening)
        // Stopped in reverse: listening first, the writer last.
        return App(
            services: [
                log, publisher, Drain(feed: feed, timeout: settings.drainTimeout.amount), connections, readiness,
                listener,
            ],
            logger: logger)
    }

    /// Runs until SIGTERM or SIGINT, and then until everything that was begun is done.
    func run() async throws {
        let group = ServiceGroup(
            configuration: .init(services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
        try await group.run()
    }
}

extension FanoutConfiguration {
    fileprivate init(settings: Settings, node: String) {
        self.init(node: node, server: Version.product)
        pingInterval = settings.pingInterval.amount
        stallTimeout = settings.stallTimeout.amount
        ring.maxEvents = settings.backlog.events ?? ring.maxEvents
        ring.maxBytes = settings.backlog.bytes ?? ring.maxBytes
    }
}
