import Core
import Synchronization

/// What has happened between this node and its Redis since the start, and how it is now; from any thread.
final class RedisCounters: Sendable {
    /// Why Redis refused to store something: what the code of its error says.
    enum Refusal: String, CaseIterable, Sendable {
        /// Its memory is full (`OOM`).
        case memory
        /// Its disk can't be written (`MISCONF`).
        case disk
        /// It demands replicas itself (`NOREPLICAS`).
        case replicas
        /// A script or a module keeps it from everything else (`BUSY`).
        case busy
        /// Its user may not (`NOPERM`, `NOAUTH`, `WRONGPASS`).
        case rights
        case other

        /// - Parameter error: such as `OOM command not allowed …`.
        init(_ error: String) {
            switch error.prefix(while: { $0 != " " }) {
            case "OOM": self = .memory
            case "MISCONF": self = .disk
            case "NOREPLICAS": self = .replicas
            case "BUSY": self = .busy
            case "NOPERM", "NOAUTH", "WRONGPASS": self = .rights
            default: self = .other
            }
        }

        /// Whether it means that nothing at all was done. Redis looks for these before a script's first write, never later.
        var isBeforehand: Bool { self != .rights && self != .other }
    }

    private let following = Atomic<Bool>(false)
    private let connections = Atomic<Int>(0)
    private let losses = Atomic<Int>(0)
    private let forks = Atomic<Int>(0)
    private let trims = Atomic<Int>(0)
    private let lag = Atomic<Int64>(0)
    private let replicaCount = Atomic<Int>(0)
    private let replicaBytes = Atomic<Int64>(0)
    private let waits = Atomic<Int>(0)
    private let unknown = Atomic<Int>(0)
    private let unreachable = Atomic<Int>(0)
    private let redirected = Atomic<Int>(0)
    private let refusals = Mutex<[Refusal: Int]>([:])

    /// Whether the tail follows the feed now.
    var isFollowing: Bool { following.load(ordering: .relaxed) }
    /// How often any connection to a primary was made.
    var connected: Int { connections.load(ordering: .relaxed) }
    /// How often the tail lost the store.
    var lost: Int { losses.load(ordering: .relaxed) }
    /// How often the store turned out to have another history.
    var forked: Int { forks.load(ordering: .relaxed) }
    /// How often this node was too far behind, or events were missing in the store.
    var trimmed: Int { trims.load(ordering: .relaxed) }
    /// Events that the store had and this node had not, when it last asked.
    var eventsBehind: Int64 { lag.load(ordering: .relaxed) }
    /// Replicas that are connected to the primary.
    var replicas: Int { replicaCount.load(ordering: .relaxed) }
    /// Bytes of its writes that the best of them has not confirmed.
    var replicaLag: Int64 { replicaBytes.load(ordering: .relaxed) }
    /// Batches that too few replicas confirmed in time.
    var waitFailures: Int { waits.load(ordering: .relaxed) }
    /// Batches of which it is not known whether they were stored.
    var unknownCommits: Int { unknown.load(ordering: .relaxed) }
    /// Batches that could not even be sent.
    var unsentCommits: Int { unreachable.load(ordering: .relaxed) }
    /// How often a cluster sent a command elsewhere.
    var redirections: Int { redirected.load(ordering: .relaxed) }
    /// Runs of the script that Redis refused.
    func refused(_ reason: Refusal) -> Int { refusals.withLock { $0[reason] ?? 0 } }

    func follows(_ isFollowing: Bool) {
        let before = following.exchange(isFollowing, ordering: .relaxed)
        if before, !isFollowing { losses.add(1, ordering: .relaxed) }
    }
    func countConnection() { connections.add(1, ordering: .relaxed) }
    func countReplacement(_ reason: ControlMessage.ResetReason) {
        switch reason {
        case .forked: forks.add(1, ordering: .relaxed)
        case .trimmed: trims.add(1, ordering: .relaxed)
        }
    }
    func countWaitFailure() { waits.add(1, ordering: .relaxed) }
    func countUnknownCommit() { unknown.add(1, ordering: .relaxed) }
    func countUnsentCommit() { unreachable.add(1, ordering: .relaxed) }
    func countRedirection() { redirected.add(1, ordering: .relaxed) }
    func count(_ refusal: Refusal) { refusals.withLock { $0[refusal, default: 0] += 1 } }
    func sees(eventsBehind: Int64) { lag.store(eventsBehind, ordering: .relaxed) }

    /// Takes up what a primary says of its replicas.
    ///
    /// - Parameter role: the answer to `ROLE`: `master`, its offset, and address, port and offset of each replica.
    func sees(role: RedisReply) {
        guard let parts = role.array, parts.count == 3, let offset = parts[1].integer, let list = parts[2].array else {
            return
        }
        let confirmed = list.compactMap { $0.array?.last?.integer }
        replicaCount.store(list.count, ordering: .relaxed)
        replicaBytes.store(confirmed.max().map { max(0, offset - $0) } ?? 0, ordering: .relaxed)
    }

    /// For status.
    var members: [JSONMember] {
        func number(_ value: Int) -> JSONValue { .integer(Int64(value)) }
        return [
            JSONMember("following", .bool(isFollowing)), JSONMember("events_behind", .integer(eventsBehind)),
            JSONMember("replicas", number(replicas)), JSONMember("replica_lag_bytes", .integer(replicaLag)),
            JSONMember("connections", number(connected)), JSONMember("lost", number(lost)),
            JSONMember("forked", number(forked)), JSONMember("trimmed", number(trimmed)),
            JSONMember("redirections", number(redirections)), JSONMember("wait_failures", number(waitFailures)),
            JSONMember("unknown_commits", number(unknownCommits)), JSONMember("unsent_commits", number(unsentCommits)),
            JSONMember(
                "refused", .object(Refusal.allCases.map { JSONMember($0.rawValue, number(refused($0))) })),
        ]
    }
}
