import Core
import Logging
import Synchronization

/// What the server was set to do for durability: seen at start, warned of, and shown in status.
struct RedisDurability: Sendable, Hashable {
    var primary = ""
    /// `yes`, `no`; `unknown` if the daemon may not ask.
    var appendOnly = "unknown"
    /// `always`, `everysec`, `no`, or `unknown`.
    var appendFsync = "unknown"
    /// What becomes of keys when memory is full; `allkeys-…` loses some.
    var evictionPolicy = "unknown"
    var replicas = 0
    var minReplicas = 0

    init(_ link: RedisLink, minReplicas: Int) throws(RedisError) {
        self.minReplicas = minReplicas
        func setting(_ name: String) throws(RedisError) -> String {
            // Many hosts do not let anybody ask.
            let reply = try link.perform([RedisCommand("CONFIG", "GET", name)]).replies[0]
            return reply.fields[name]?.text ?? "unknown"
        }
        appendOnly = try setting("appendonly")
        appendFsync = try setting("appendfsync")
        evictionPolicy = try setting("maxmemory-policy")
        if let role = try link.perform(RedisCommand("ROLE")).array, role.count == 3 {
            replicas = role[2].array?.count ?? 0
        }
        primary = link.endpoint?.description ?? ""
    }

    /// What may be lost, in words for whoever runs the daemon.
    var warnings: [String] {
        var warnings: [String] = []
        if appendOnly == "no" {
            warnings.append("Redis keeps nothing on disk (appendonly no): a restart loses what was acknowledged")
        } else if appendFsync != "always" {
            warnings.append(
                "Redis does not fsync every write (appendfsync \(appendFsync)): a crash of its machine may lose the "
                    + "last moment of what was acknowledged")
        }
        // None of a feed's keys expires, so that "volatile-…" finds nothing to drop.
        if evictionPolicy.hasPrefix("allkeys") {
            warnings.append("Redis drops keys when its memory is full (maxmemory-policy \(evictionPolicy))")
        }
        if replicas > 0, minReplicas == 0 {
            warnings.append(
                "Redis has replicas, but --min-replicas is 0: a failover may lose the last moment of what was "
                    + "acknowledged; subscribers are told of it")
        }
        if replicas < minReplicas {
            warnings.append("Redis has \(replicas) replicas, and --min-replicas is \(minReplicas): publishers get 503")
        }
        return warnings
    }

    /// For status.
    var members: [JSONMember] {
        [
            JSONMember("primary", .string(primary)), JSONMember("appendonly", .string(appendOnly)),
            JSONMember("appendfsync", .string(appendFsync)), JSONMember("maxmemory_policy", .string(evictionPolicy)),
            JSONMember("replicas", .integer(Int64(replicas))), JSONMember("min_replicas", .integer(Int64(minReplicas))),
        ]
    }
}

extension RedisStore {
    /// How far clocks may differ without being spoken of, in milliseconds.
    private static let clockTolerance: Int64 = 5000

    /// Looks at how durable the server makes what it is given, and at its clock, and says what is new about it.
    func inspect(_ link: RedisLink) {
        // Whoever can't be reached is told of elsewhere.
        guard let seen = try? RedisDurability(link, minReplicas: configuration.minReplicas) else { return }
        let before = durability.withLock { durability in
            defer { durability = seen }
            return durability
        }
        for warning in seen.warnings where before?.warnings.contains(warning) != true { logger.warning("\(warning)") }
        guard let time = try? link.perform(RedisCommand("TIME")).array, time.count == 2, let seconds = time[0].integer
        else { return }
        let ahead = Timestamp.now.milliseconds - seconds * 1000
        if abs(ahead) > Self.clockTolerance {
            let direction = ahead > 0 ? "ahead of" : "behind"
            logger.warning(
                "This node's clock is wrong, or Redis' is; dates of articles, and when tokens and sessions end, go by it",
                metadata: ["clock": "\(abs(ahead) / 1000) s \(direction) Redis'"])
        }
    }

    /// Takes up what the primary says of its replicas with each read.
    func sees(role: RedisReply) {
        counters.sees(role: role)
        durability.withLock { $0?.replicas = counters.replicas }
    }
}
