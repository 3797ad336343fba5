import Core
import Hummingbird
import Logging
import Mustache
import NIOCore
import NIOPosix
import ServiceLifecycle
import UnixSignals

/// The daemon, put together: the one place that knows all of its parts.
struct App {
    private let services: [any Service]
    private let logger: Logger

    /// - Parameters:
    ///   - configuration: what the settings were made of.
    ///   - reload: reads it again, at SIGHUP.
    ///   - reloadables: parts that take new settings and are not made here.
    ///   - problems: where the logger's warnings and errors are remembered.
    ///   - onListening: called with the port once connections are accepted.
    static func build(
        configuration: EffectiveConfiguration,
        reload: @escaping @Sendable () throws -> EffectiveConfiguration, reloadables: [Reloadable] = [],
        store: any Store, directory: DataDirectory, accounts: Accounts, setupLink: SetupLink,
        group: MultiThreadedEventLoopGroup, logger: Logger, problems: RecentProblems,
        onListening: @escaping @Sendable (Int) async -> Void
    ) throws -> App {
        let settings = configuration.settings
        let node = settings.node ?? ProcessInfoName.host
        let eventLoops = Array(group.makeIterator())
        let fanout = FanoutConfiguration(settings: settings, node: node)
        let stored = try store.storedFeed(maxEvents: fanout.ring.maxEvents, maxBytes: fanout.ring.maxBytes)
        let feed = FeedLog(
            eventLoops: eventLoops, history: stored?.history ?? FeedHistory(), newestEvents: stored?.newestEvents ?? [],
            configuration: fanout, reader: store)
        let log = ArticleLog(store: store, feed: feed, limits: ArticleLog.Limits(settings), logger: logger)
        let readiness = Readiness()
        let connections = HTTPConnections(logger: logger)

        accounts.setConfigured(settings.tokens)
        accounts.onRevoked { feed.revoke($0) }
        let refusals = Refusals()
        let policy = AccessPolicy(
            authenticator: Authenticator(
                accounts: accounts, throttle: LoginThrottle(attempts: settings.loginAttempts), refusals: refusals),
            proxies: TrustedProxies(ranges: settings.trustedProxies),
            origins: OriginPolicy(allowed: Set(settings.allowedOrigins)), writes: WriteLimit(rate: settings.writeRate),
            tickets: store, requiresAuthentication: Live(settings.requireAuth))
        let limits = Live(ArticleLimits(maxBodyBytes: settings.maxBody))
        let publisher = DirectPublisher(
            eventLoops: eventLoops, log: log, policy: policy, limits: limits, basePath: settings.basePath)
        let rates = Rates(feed: feed)
        let report = StatusReport(
            node: node, role: settings.only, feed: feed, store: store, rates: rates, refusals: refusals,
            problems: problems,
            started: .now)

        let router = Router(context: AppRequestContext.self, options: .autoGenerateHeadEndpoints)
        router.middlewares.add(CrossOriginMiddleware(origins: policy.origins))
        router.middlewares.add(ProblemMiddleware())
        router.middlewares.add(RoleMiddleware(role: settings.only))
        router.middlewares.add(UpgradeMiddleware())
        router.middlewares.add(AccessMiddleware(policy: policy))
        BatchController(log: log, policy: policy, limits: limits).addRoutes(to: router)
        ArticlesController(store: store, log: log, limits: limits, basePath: settings.basePath).addRoutes(to: router)
        EventsController(feed: feed, accounts: accounts).addRoutes(to: router)
        AccountsController(accounts: accounts, store: store).addRoutes(to: router)
        StatusController(
            report: report, store: store, log: log, readiness: readiness, role: settings.only
        ).addRoutes(to: router)
        OpenAPIController(basePath: settings.basePath).addRoutes(to: router)
        let assets = AssetLibrary()
        let templates = try MustacheLibrary.escapingScalars()
        let newest: @Sendable () -> Cursor = { feed.history.newest }
        PageController(
            reader: store, newest: newest,
            renderer: PageRenderer(
                templates: templates, assets: assets, basePath: settings.basePath,
                pingInterval: settings.pingInterval.amount), assets: assets
        ).addRoutes(to: router)
        FeedsController(reader: store, newest: newest, basePath: settings.basePath).addRoutes(to: router)
        AdminSite(
            accounts: accounts, setupLink: setupLink, policy: policy, store: store, log: log, limits: limits,
            report: report, renderer: AdminRenderer(templates: templates, assets: assets, basePath: settings.basePath)
        ).addRoutes(to: router)

        let addresses = ConnectionsByAddress(
            limit: settings.maxConnectionsPerAddress, proxies: policy.proxies, refusals: refusals)
        let setup = ConnectionSetup(
            responder: RouterAnswers.responder(
                router.buildResponder(), basePath: settings.basePath, logger: logger), feed: feed,
            handshake: FeedHandshake(
                origins: policy.origins, proxies: policy.proxies, isCompressionAllowed: settings.compression),
            connections: connections, publisher: publisher, policy: policy,
            role: settings.only,
            addresses: addresses,
            deadlines: RequestDeadlines(
                eventLoops: eventLoops, timeout: settings.requestTimeout.amount,
                idleTimeout: settings.idleTimeout.amount), basePath: settings.basePath,
            maxHeaderBytes: settings.maxHeader, idleTimeout: settings.idleTimeout.amount, logger: logger)
        let listener = FeedListener(
            host: settings.host, port: settings.port, group: group, setup: setup, logger: logger,
            onListening: onListening)
        let drainTimeout = Live(settings.drainTimeout.amount)
        let reloader = Reloader(
            parts: reloadables
                + Self.reloadables(
                    policy: policy, accounts: accounts, addresses: addresses, limits: limits, log: log, store: store,
                    drainTimeout: drainTimeout), startedWith: configuration, load: reload, logger: logger)
        // Stopped in reverse: listening first, the writer last.
        return App(
            services: [store.follow(feed)].compactMap { $0 } + [
                log, publisher, Drain(feed: feed, timeout: drainTimeout), connections, readiness,
                Housekeeping(accounts: accounts, setupLink: setupLink, rates: rates, logger: logger), reloader,
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
