import Core
import Logging
import NIOCore

extension App {
    /// The parts whose settings can change while the daemon runs.
    static func reloadables(
        policy: AccessPolicy, accounts: Accounts, addresses: ConnectionsByAddress, limits: Live<ArticleLimits>,
        log: ArticleLog, store: any Store, storeLimits: Live<StoreLimits>, drainTimeout: Live<TimeAmount>,
        connections: OpenConnections,
        certificates: Certificates?, logs: Logs
    ) -> [Reloadable] {
        [
            Reloadable("log", keys: ["log-level"]) { logs.level.change(to: $0.logLevel.level) },
            Reloadable("origins", keys: ["allowed-origin"]) { policy.origins.allow(Set($0.allowedOrigins)) },
            Reloadable("proxies", keys: ["trusted-proxy"]) { policy.proxies.trust($0.trustedProxies) },
            Reloadable("reading", keys: ["require-auth"]) { policy.requiresAuthentication.set($0.requireAuth) },
            Reloadable("tokens", keys: ["token"]) { accounts.setConfigured($0.tokens) },
            Reloadable("logins", keys: ["login-attempts"]) {
                policy.authenticator.throttle.setAttempts($0.loginAttempts)
            },
            Reloadable("sessions", keys: ["session-idle", "session-lifetime", "sessions-per-account"]) {
                accounts.setLimits(Accounts.Limits($0))
            },
            Reloadable("writes", keys: ["write-rate"]) { policy.writes.setRate($0.writeRate) },
            Reloadable("connections", keys: ["max-connections", "max-connections-per-address"]) {
                connections.limit(OpenConnections.Limits($0, connected: connections.count, logger: logs.logger))
                addresses.setLimit($0.maxConnectionsPerAddress)
            },
            Reloadable("articles", keys: ["max-body"]) { limits.set(ArticleLimits(maxBodyBytes: $0.maxBody)) },
            Reloadable("queue", keys: ["queue"]) { log.setLimits(ArticleLog.Limits($0)) },
            Reloadable("store", keys: ["retention", "audit-retention"]) {
                store.setLimits(StoreLimits($0))
                storeLimits.set(StoreLimits($0))
            },
            Reloadable("drain", keys: ["drain-timeout"]) { drainTimeout.set($0.drainTimeout.amount) },
        ] + (certificates.map { [certificate($0)] } ?? [])
    }

    /// Read again at every reload: the files may be new where their names are not.
    private static func certificate(_ certificates: Certificates) -> Reloadable {
        Reloadable(name: "certificate", keys: ["tls-cert", "tls-key"]) { settings in
            guard let certificate = settings.tls.tlsCert, let key = settings.tls.tlsKey else {
                return { "as it was: to serve without TLS needs a restart" }
            }
            let change = try certificates.prepare(certificateFile: certificate, keyFile: key)
            return { change() }
        }
    }
}

extension ArticleLog.Limits {
    init(_ settings: Settings) {
        self.init()
        commands = settings.queue.events ?? commands
        bytes = settings.queue.bytes ?? bytes
    }
}
