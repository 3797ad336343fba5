import Core
import Foundation
import Hummingbird
import Logging
import Mustache
import NIOCore
import NIOPosix
import ServiceLifecycle
import Tracing

/// The daemon, put together: the one place that knows all of its parts.
struct App {
    let services: [any Service]
    private let logger: Logger
    /// What holds for connections; it may be changed while the daemon runs.
    let connections: OpenConnections

    /// - Parameters:
    ///   - configuration: what the settings were made of.
    ///   - reload: reads it again, at SIGHUP.
    ///   - reloadables: parts that take new settings and are not made here.
    ///   - certificates: `nil` without TLS.
    ///   - tracer: where spans go; the one that the process was started with, unless a test has its own.
    ///   - inherited: sockets to accept connections from, instead of the address of the settings.
    ///   - manager: who is told how the daemon is.
    ///   - onListening: called once connections are accepted.
    static func build(
        configuration: EffectiveConfiguration,
        reload: @escaping @Sendable () throws -> EffectiveConfiguration, reloadables: [Reloadable] = [],
        certificates: Certificates?, store: any Store, directory: DataDirectory, accounts: Accounts,
        setupLink: SetupLink, group: MultiThreadedEventLoopGroup, logs: Logs,
        tracer: any Tracer = InstrumentationSystem.tracer, inherited: [InheritedSocket] = [],
        manager: ServiceManager? = nil, onListening: @escaping @Sendable (ListeningPlace) async -> Void
    ) throws -> App {
        let settings = configuration.settings
        let logger = logs.logger
        let traces = Traces(tracer)
        let accessLog = AccessLog(settings.accessLog ? logs.output : nil)
        let hostName = ProcessInfo.processInfo.hostName
        let node = settings.node ?? hostName
        let eventLoops = Array(group.makeIterator())
        let fanout = FanoutConfiguration(settings: settings, node: node)
        let stored = try store.storedFeed(maxEvents: fanout.ring.maxEvents, maxBytes: fanout.ring.maxBytes)
        let feed = FeedLog(
            eventLoops: eventLoops, history: stored?.history ?? FeedHistory(), newestEvents: stored?.newestEvents ?? [],
            configuration: fanout, reader: store)
        if let refusal = feed.ringRefusal {
            logger.info(
                "The kernel refuses io_uring; each subscriber is sent to by itself", metadata: ["error": "\(refusal)"])
        }
        let log = ArticleLog(
            store: store, feed: feed, limits: ArticleLog.Limits(settings), logger: logger, traces: traces)
        let httpConnections = HTTPConnections(logger: logger)
        let drainTimeout = Live(settings.drainTimeout.amount)
        let storeLimits = Live(StoreLimits(settings))

        accounts.setConfigured(settings.tokens)
        accounts.onRevoked { feed.revoke($0) }
        let refusals = Refusals()
        let connections = OpenConnections(refusals: refusals, logger: logger)
        connections.limit(OpenConnections.Limits(settings, connected: 0, logger: logger))
        let readiness = Readiness(
            delay: settings.drainDelay.amount, timeout: drainTimeout,
            onStopping: { deadline in
                manager?.stopping("Stopping", within: Duration(deadline - .now()) + .seconds(5))
                // Whoever does not go by himself is cut off a moment before the end.
                let last = deadline - Drain.margin(timeout: drainTimeout.value)
                eventLoops[0].scheduleTask(deadline: last) { connections.closeAll() }
            })
        let policy = AccessPolicy(
            authenticator: Authenticator(
                accounts: accounts, throttle: LoginThrottle(attempts: settings.loginAttempts), refusals: refusals),
            proxies: TrustedProxies(ranges: settings.trustedProxies, isTLS: certificates != nil),
            origins: OriginPolicy(allowed: Set(settings.allowedOrigins)), writes: WriteLimit(rate: settings.writeRate),
            tickets: store, requiresAuthentication: Live(settings.requireAuth))
        let limits = Live(ArticleLimits(maxBodyBytes: settings.maxBody))
        let publisher = DirectPublisher(
            eventLoops: eventLoops, log: log, policy: policy, limits: limits, basePath: settings.basePath)
        let rates = Rates(feed: feed)
        let report = StatusReport(
            node: node, role: settings.only, feed: feed, store: store, rates: rates, refusals: refusals,
            connections: connections, problems: logs.problems,
            started: .now)
        let deadlines = RequestDeadlines(
            eventLoops: eventLoops, timeout: settings.requestTimeout.amount,
            idleTimeout: settings.idleTimeout.amount, accessLog: accessLog)
        let (durations, lags) = (AnswerDurations(), eventLoops.map(LoopLag.init))
        let documents = DocumentCaches(maxBytes: settings.pageCache.bytes)
        let failures = HandshakeFailures(logger: logger)

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
        MetricsController(
            metrics: DaemonMetrics(
                node: node, role: settings.only, storeKind: settings.store.name, feed: feed, log: log, store: store,
                redis: (store as? RedisStore)?.counters, sizes: StoreSizeWatch(store: store), deadlines: deadlines,
                durations: durations, lags: lags,
                connections: connections, refusals: refusals, certificates: certificates, failures: failures,
                accounts: accounts, documents: documents, readiness: readiness, logs: logs, limits: storeLimits),
            access: MetricsAccess(
                readers: settings.metricsFrom, proxies: policy.proxies,
                hostNames: [hostName, settings.host])
        ).addRoutes(to: router)
        OpenAPIController(basePath: settings.basePath).addRoutes(to: router)
        let assets = AssetLibrary()
        let templates = try MustacheLibrary.escapingScalars()
        let newest: @Sendable () -> Cursor = { feed.history.newest }
        PageController(
            reader: store, newest: newest,
            renderer: PageRenderer(
                templates: templates, assets: assets, basePath: settings.basePath,
                pingInterval: settings.pingInterval.amount), assets: assets, cache: documents.page
        ).addRoutes(to: router)
        FeedsController(
            reader: store, newest: newest, basePath: settings.basePath, maxArticles: settings.feedEntries,
            caches: documents
        ).addRoutes(to: router)
        AdminSite(
            accounts: accounts, setupLink: setupLink, policy: policy, store: store, log: log, limits: limits,
            report: report, renderer: AdminRenderer(templates: templates, assets: assets, basePath: settings.basePath)
        ).addRoutes(to: router)

        let addresses = ConnectionsByAddress(
            limit: settings.maxConnectionsPerAddress, proxies: policy.proxies, refusals: refusals)
        let setup = ConnectionSetup(
            responder: RouterAnswers(
                router: router.buildResponder(), basePath: settings.basePath,
                strictTransportSecurity: settings.tls.strictTransportSecurity, logger: logger, accessLog: accessLog,
                traces: traces, durations: durations
            ).responder, feed: feed,
            handshake: FeedHandshake(
                origins: policy.origins, proxies: policy.proxies, isCompressionAllowed: settings.compression),
            connections: httpConnections, publisher: publisher, policy: policy,
            role: settings.only, traces: traces, addresses: addresses, open: connections, deadlines: deadlines,
            basePath: settings.basePath, maxHeaderBytes: settings.maxHeader,
            idleTimeout: settings.idleTimeout.amount, drainTimeout: drainTimeout,
            tls: certificates.map {
                TLSSetup(certificates: $0, failures: failures, http2: HTTP2Limits(settings: settings))
            }, failures: failures, logger: logger)
        let listener = FeedListener(
            host: settings.host, port: settings.port, inherited: inherited, group: group, setup: setup,
            connections: connections, logger: logger, onListening: onListening)
        let reloader = Reloader(
            parts: reloadables
                + Self.reloadables(
                    policy: policy, accounts: accounts, addresses: addresses, limits: limits, log: log, store: store,
                    storeLimits: storeLimits, drainTimeout: drainTimeout, connections: connections,
                    certificates: certificates, logs: logs),
            startedWith: configuration, load: reload, logger: logger, onBegin: { manager?.reloading() },
            onEnd: { manager?.ready($0 ? "Serving with the new configuration" : "Serving with the old configuration") })
        manager?.warn(ofWaitingFor: settings.store, settings.redis, logger: logger)
        let supervision = manager.map {
            Supervision(
                manager: $0, pulse: Pulse(eventLoops: eventLoops, log: log), feed: feed, readiness: readiness,
                logger: logger)
        }
        for lag in lags { lag.start() }
        // Stopped in reverse: listening first, the writer last, and watched over until the end.
        let beneath: [(any Service)?] = [supervision, store.follow(feed)]
        return App(
            services: beneath.compactMap { $0 } + [
                log,
                Housekeeping(
                    accounts: accounts, setupLink: setupLink, store: store, rates: rates, certificates: certificates,
                    logger: logger), publisher, LastConnections(connections: connections), httpConnections,
                Drain(
                    feed: feed, connections: connections, readiness: readiness, timeout: drainTimeout, logger: logger),
                reloader, listener, readiness,
            ],
            logger: logger, connections: connections)
    }

    /// Runs until SIGTERM or SIGINT, and then until everything that was begun is done; a second one ends it at once.
    func run() async throws {
        // What it says of itself below this is whole services with all that is in them.
        var quiet = logger
        quiet.logLevel = .info
        let group = ServiceGroup(configuration: .init(services: services, logger: quiet))
        let signals = StopSignals(logger: logger) { Task { await group.triggerGracefulShutdown() } }
        defer { signals.cancel() }
        try await group.run()
    }
}

extension OpenConnections.Limits {
    /// As many as the settings and the descriptors allow.
    ///
    /// - Parameter connected: how many there are now.
    init(_ settings: Settings, connected: Int, logger: Logger) {
        served = settings.maxConnections
        open = ProcessLimits.roomForConnections(connected: connected)
        if let served, served > open {
            logger.warning(
                "There are not enough descriptors for --max-connections; raise LimitNOFILE= (ulimit -Hn)",
                metadata: ["max-connections": "\(served)", "possible": "\(open)"])
        }
    }
}

extension HTTP2Limits {
    fileprivate init(settings: Settings) {
        self.init(
            streams: settings.tls.streams, resets: settings.tls.resets, controlFrames: settings.tls.controlFrames,
            headerBytes: settings.maxHeader, stallTimeout: settings.stallTimeout.amount)
    }
}

extension FanoutConfiguration {
    fileprivate init(settings: Settings, node: String) {
        self.init(node: node, server: Version.product)
        pingInterval = settings.pingInterval.amount
        stallTimeout = settings.stallTimeout.amount
        usesIOURing = settings.usesIOURing
        ring.maxEvents = settings.backlog.events ?? ring.maxEvents
        ring.maxBytes = settings.backlog.bytes ?? ring.maxBytes
    }
}
