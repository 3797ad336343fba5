extension DaemonMetrics {
    /// What `/api/status` has under `store.link`.
    func addRedis(_ redis: RedisCounters, to text: inout ExpositionText) {
        text.add(
            .gauge, "articled_redis_following", "Whether the feed in Redis is followed now.", redis.isFollowing ? 1 : 0)
        text.add(
            .gauge, "articled_redis_events_behind", "Events that Redis had and the node had not at its last read.",
            Int(redis.eventsBehind))
        text.add(.gauge, "articled_redis_replicas", "Replicas that are connected to the primary.", redis.replicas)
        text.add(
            .gauge, "articled_redis_replica_lag_bytes", "What the best of the replicas has not confirmed.",
            Int(redis.replicaLag))
        text.add(.counter, "articled_redis_connections_total", "Connections made to a primary.", redis.connected)
        text.add(.counter, "articled_redis_losses_total", "How often the feed in Redis was lost.", redis.lost)
        text.add(
            .counter, "articled_redis_forks_total", "How often the history turned out to be another one.", redis.forked)
        text.add(
            .counter, "articled_redis_trims_total",
            "How often the node was too far behind, or events were missing in Redis.", redis.trimmed)
        text.add(
            .counter, "articled_redis_wait_failures_total", "Batches that too few replicas confirmed in time.",
            redis.waitFailures)
        text.family(.counter, "articled_redis_failed_commits_total", "Batches that did not come through.") {
            $0.sample(redis.unknownCommits, ["outcome": "unknown"])
            $0.sample(redis.unsentCommits, ["outcome": "unsent"])
        }
        text.family(.counter, "articled_redis_refusals_total", "Runs of the script that Redis refused.") {
            for reason in RedisCounters.Refusal.allCases {
                $0.sample(redis.refused(reason), ["reason": reason.rawValue])
            }
        }
        text.add(
            .counter, "articled_redis_redirections_total", "How often a cluster sent a command elsewhere.",
            redis.redirections)
    }
}
