import Core
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle

/// The daemon, put together: the one place that knows all of its parts.
struct App {
    let application: Application<RouterResponder<AppRequestContext>>
    let feed: FeedLog

    /// - Parameters:
    ///   - onListening: called with the port once connections are accepted.
    static func build(
        settings: Settings, store: SQLiteStore, localToken: String, group: MultiThreadedEventLoopGroup, logger: Logger,
        onListening: @escaping @Sendable (Int) async -> Void
    ) throws -> App {
        let node = ProcessInfoName.host
        let fanout = FanoutConfiguration(settings: settings, node: node)
        let history = try store.history()
        let feed = FeedLog(
            eventLoops: Array(group.makeIterator()), history: history,
            newestEvents: try store.newestEvents(maxEvents: fanout.ring.maxEvents, maxBytes: fanout.ring.maxBytes),
            configuration: fanout, reader: store)
        let log = ArticleLog(store: store, feed: feed, maxQueued: settings.queue, logger: logger)
        let readiness = Readiness()
        let connections = HTTPConnections(logger: logger)

        let authenticator = Authenticator(localToken: localToken)
        let limits = ArticleLimits(maxBodyBytes: settings.maxBody)
        let publisher = DirectPublisher(
            eventLoops: Array(group.makeIterator()), log: log, authenticator: authenticator, limits: limits)

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

        let application = Application(
            router: router,
            server: HTTPServerBuilder { responder in
                FeedServerChannel(
                    responder: responder, feed: feed,
                    handshake: FeedHandshake(
                        allowedOrigins: Set(settings.allowedOrigins), isCompressionAllowed: settings.compression),
                    connections: connections,
                    publisher: publisher, maxHeaderBytes: settings.maxHeader,
                    requestTimeout: settings.requestTimeout.amount,
                    idleTimeout: settings.idleTimeout.amount, logger: logger)
            },
            configuration: ApplicationConfiguration(
                address: .hostname(settings.host, port: Int(settings.port)), serverName: Version.product, backlog: 4096),
            // Stopped in reverse: listening first, the writer last.
            services: [
                log, publisher, Drain(feed: feed, timeout: settings.drainTimeout.amount), connections, readiness,
            ],
            onServerRunning: { channel in
                await SubscriberSockets.configure(channel)
                feed.startHeartbeats()
                await onListening(channel.localAddress?.port ?? Int(settings.port))
            },
            eventLoopGroupProvider: .shared(group),
            logger: logger)
        return App(application: application, feed: feed)
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
