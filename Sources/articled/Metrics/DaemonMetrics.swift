import Core
import NIOCore

/// The daemon's figures, put together when somebody asks for them. Every limit has its figure; docs/operations.md says
/// which.
struct DaemonMetrics: Sendable {
    let node: String
    /// What the node serves; `nil` means everything.
    let role: NodeRole?
    let storeKind: String
    let feed: FeedLog
    let log: ArticleLog
    let store: any Store
    /// What happens between the node and its Redis, if it has one.
    let redis: RedisCounters?
    let sizes: StoreSizeWatch
    let deadlines: RequestDeadlines
    let durations: AnswerDurations
    let lags: [LoopLag]
    let connections: OpenConnections
    let refusals: Refusals
    /// `nil` without TLS.
    let certificates: Certificates?
    let failures: HandshakeFailures
    let accounts: Accounts
    let documents: DocumentCaches
    let readiness: Readiness
    let logs: Logs
    let limits: Live<StoreLimits>

    /// All of them, in Prometheus' text format.
    func text() async -> [UInt8] {
        // Where nobody publishes, only this finds out that the store is well again; the next look shows it.
        if !log.isStoring { Task { [log] in try? await log.checkStore() } }
        // Together, for each waits for the event loops.
        async let fanout = feed.figures()
        async let answers = deadlines.figures()
        async let lag = lagOfLoops()
        var text = ExpositionText()
        addIdentity(to: &text)
        addSubscribers(await fanout, to: &text)
        addBacklog(await fanout, to: &text)
        addPublishing(to: &text)
        addStore(await fanout, to: &text)
        if let redis { addRedis(redis, to: &text) }
        addRequests(await answers, await fanout, to: &text)
        addTLS(await answers, to: &text)
        addAccess(to: &text)
        addDocuments(to: &text)
        addLoops(await lag, to: &text)
        addLogs(to: &text)
        addProcess(.current(), to: &text)
        return text.bytes
    }

    private func lagOfLoops() async -> Histogram {
        await withTaskGroup(of: Histogram?.self) { group in
            for lag in lags {
                // Fails only with the loop itself.
                group.addTask { try? await lag.eventLoop.submit { lag.histogram }.get() }
            }
            var sum = Histogram.seconds
            for await histogram in group { if let histogram { sum += histogram } }
            return sum
        }
    }

    private func addIdentity(to text: inout ExpositionText) {
        text.add(
            .gauge, "articled_build_info", "Always 1; what the daemon is.", 1,
            [
                "version": Version.number, "node": node, "role": role?.rawValue ?? "all", "store": storeKind,
            ])
        let isReady = !readiness.isDraining && log.isStoring && store.isReachable
        text.add(
            .gauge, "articled_ready", "Whether work should be sent here: the store is there and nothing is stopping.",
            isReady ? 1 : 0)
        text.add(.gauge, "articled_draining", "Whether the daemon is stopping.", readiness.isDraining ? 1 : 0)
    }
}
