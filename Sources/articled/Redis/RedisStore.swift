import Core
import Logging
import ServiceLifecycle
import Synchronization

/// The shared store: one feed in Redis, which any number of nodes write and follow.
///
/// Commits run on the article log's thread, with a connection of their own, since WAIT counts a connection's own writes.
/// Reading and everything seldom goes through ``RedisWorkers``; the feed itself comes through ``RedisTail``.
final class RedisStore: Store {
    let configuration: RedisConfiguration
    private let liveLimits: Live<StoreLimits>
    let keys: RedisKeys
    let workers: RedisWorkers
    let searches: RedisSearches
    let logger: Logger
    let credentialNews = RedisCredentialNews()
    let durability: Mutex<RedisDurability?>
    /// Who waits for the tail.
    let arrivals = RedisArrivals()
    let counters = RedisCounters()
    let route: RedisRoute
    private let loaded = Atomic<Bool>(false)

    /// Unchecked Sendable because the lock around it lets one thread in at a time.
    private final class Writer: @unchecked Sendable {
        let link: RedisLink
        /// Whether the log's nonce may have begun a term.
        var hasUsedNonce = false
        /// What Redis last refused to store anything for.
        var refusal: RedisCounters.Refusal?

        init(_ configuration: RedisConfiguration, _ route: RedisRoute) {
            link = RedisLink(configuration, route: route, patience: configuration.replicaPatience)
        }
    }
    private let writer: Mutex<Writer>

    init(_ configuration: RedisConfiguration, limits: StoreLimits = StoreLimits(), logger: Logger) {
        self.configuration = configuration
        liveLimits = Live(limits)
        self.logger = logger
        keys = RedisKeys(feed: configuration.location.feed)
        route = RedisRoute(counters: counters)
        workers = RedisWorkers(configuration, route: route)
        searches = RedisSearches(most: max(1, configuration.readers / 2))
        writer = Mutex(Writer(configuration, route))
        durability = Mutex(nil)
    }

    /// Whether it is known what the store holds; until then the feed is empty only because nobody could be asked.
    var isLoaded: Bool { loaded.load(ordering: .relaxed) }
    func setLoaded() { loaded.store(true, ordering: .relaxed) }

    var limits: StoreLimits { liveLimits.value }

    func setLimits(_ limits: StoreLimits) {
        liveLimits.set(limits)
    }

    func close() throws {
        workers.close()
    }

    func follow(_ feed: FeedLog) -> (any Service)? {
        RedisTail(store: self, feed: feed)
    }

    // MARK: - Writing

    /// How many commands one run of the script has at most, so that it never holds others up for long.
    private static let commandsPerCall = 64

    func commit(_ commands: [WriteCommand], at now: Timestamp, term: UInt32) throws -> CommitResult {
        try writer.withLock { writer in
            // Each attempt has its own: one that broke under way may have begun a term, on a primary that is gone now, and
            // two terms with one mark could not be told apart.
            let nonce = writer.hasUsedNonce ? UInt32.random(in: 1 ... .max) : term
            writer.hasUsedNonce = true
            let calls = stride(from: 0, to: commands.count, by: Self.commandsPerCall).map { start in
                append(commands[start..<min(start + Self.commandsPerCall, commands.count)], at: now, nonce: nonce)
            }
            let (replies, replicas) = try self.perform(calls, on: writer.link)
            var outcomes: [WriteOutcome] = []
            outcomes.reserveCapacity(commands.count)
            var refusal: (reason: RedisCounters.Refusal, text: String)?
            var isAnyDone = false
            for (index, reply) in replies.enumerated() {
                let start = index * Self.commandsPerCall
                let part = commands[start..<min(start + Self.commandsPerCall, commands.count)]
                if let text = reply.errorText {
                    let reason = RedisCounters.Refusal(text)
                    counters.count(reason)
                    let error =
                        reason.isBeforehand ? Self.notStored(.refused(text)) : Self.unknown(RedisError.refused(text))
                    refusal = (reason, text)
                    outcomes += part.map { _ in .refused(error) }
                    continue
                }
                guard let results = reply.array, results.count == part.count else {
                    throw Self.unknown(RedisError.unexpected("the script append returned something else"))
                }
                isAnyDone = true
                for (command, result) in zip(part, results) { outcomes.append(try Self.outcome(result, of: command)) }
            }
            if let refusal, refusal.reason != writer.refusal {
                // Said once, for it may go on for long.
                logger.warning("Redis refused to store articles", metadata: ["error": "\(refusal.text)"])
            }
            writer.refusal = refusal?.reason
            if refusal?.reason == .memory { makeRoom(writer.link, at: now) }
            var failure: (any Error)? = isAnyDone ? nil : refusal.map { RedisError.refused($0.text) }
            if isAnyDone, replicas < configuration.minReplicas {
                counters.countWaitFailure()
                outcomes = outcomes.map { $0.asLackingReplicas(replicas, configuration.minReplicas) }
                failure = RedisError.refused(
                    "too few replicas have what is stored: \(replicas) of \(configuration.minReplicas)")
            }
            return CommitResult(outcomes: outcomes, events: [], oldestSeq: 0, failure: failure)
        }
    }

    private func append(_ commands: ArraySlice<WriteCommand>, at now: Timestamp, nonce: UInt32) -> RedisCommand {
        let head = [
            time(now), Cursor(seq: 0, nonce: nonce).description.split(separator: "-")[1].description,
            String(limits.maxEvents), String(limits.maxEventAge), String(limits.idempotencyKeyLifetime),
            String(limits.maxAuditEntries), String(limits.maxAuditAge),
        ].map { Array($0.utf8) }
        return RedisScript.append.call(keys: appendKeys, head + commands.flatMap { Self.arguments($0, at: now) })
    }

    /// What scripts are told of the time.
    func time(_ now: Timestamp) -> String {
        configuration.isTimeGiven ? String(now.milliseconds) : ""
    }

    /// Drops what is too much or too old. Usually each append does so, but where nothing can be added nothing would ever go.
    private func makeRoom(_ link: RedisLink, at now: Timestamp) {
        do {
            _ = try link.perform(append([], at: now, nonce: .random(in: 1 ... .max)))
        } catch {
            logger.debug("Nothing could be dropped", metadata: ["error": "\(error)"])
        }
    }

    private var appendKeys: [[UInt8]] {
        [
            keys.meta, keys.terms, keys.events, keys.articles, keys.index, keys.byTopic, keys.topics, keys.idempotency,
            keys.idempotencyExpiry, keys.audit, keys.auditByArticle,
        ]
    }

    private func perform(
        _ calls: [RedisCommand], on link: RedisLink
    ) throws(ServiceError) -> (replies: [RedisReply], replicas: Int) {
        do {
            return try link.perform(calls, replicas: configuration.minReplicas)
        } catch RedisError.unreachable(let reason) {
            counters.countUnsentCommit()
            throw Self.notStored(RedisError.unreachable(reason))
        } catch {
            counters.countUnknownCommit()
            throw Self.unknown(error)
        }
    }

    /// Not one of them happened, and none will.
    static func notStored(_ cause: RedisError) -> ServiceError {
        ServiceError(
            .unavailable, "The store can't be reached, or is full; nothing was stored. Repeat it.", retryAfter: 1,
            cause: cause)
    }

    static func unknown(_ cause: RedisError) -> ServiceError {
        ServiceError(
            .unavailable,
            "The store did not answer as it should, and it is not known whether this was stored. "
                + "Repeated with the same Idempotency-Key it is stored once.", retryAfter: 1, cause: cause)
    }

    private static func arguments(_ command: WriteCommand, at now: Timestamp) -> [[UInt8]] {
        func text(_ text: String) -> [UInt8] { Array(text.utf8) }
        func json(_ text: String?) -> [UInt8] { text.map(RedisRecords.json) ?? [] }
        func condition(_ condition: EntityTagCondition?) -> [UInt8] {
            switch condition {
            case nil: []
            case .any: text("*")
            // An empty list fits nothing.
            case .oneOf(let tags): text(tags.isEmpty ? "-" : tags.joined(separator: ","))
            }
        }
        switch command {
        case .create(let draft, let actor, let published, let key):
            let fingerprint = key?.fingerprint.map { byte in
                String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
            }
            return [
                text("c"), text(actor.name), text(actor.address), text((published ?? now).description),
                text(draft.topic), json(draft.title), json(draft.body), json(draft.author ?? actor.name),
                text(key?.name ?? ""), text(fingerprint?.joined() ?? ""),
            ]
        case .update(let id, let patch, let actor, let ifMatch):
            return [
                text("u"), text(String(id)), text(actor.name), text(actor.address), condition(ifMatch),
                text(now.description), text(patch.topic ?? ""), json(patch.title), json(patch.body), json(patch.author),
            ]
        case .delete(let id, let actor, let ifMatch):
            return [text("d"), text(String(id)), text(actor.name), text(actor.address), condition(ifMatch)]
        }
    }

    private static func outcome(_ result: RedisReply, of command: WriteCommand) throws -> WriteOutcome {
        let parts = result.array ?? []
        switch (parts.first?.text, parts.count) {
        case ("c", 4):
            guard let id = parts[1].integer, let version = parts[2].text.flatMap(Cursor.init),
                let json = parts[3].bytes
            else { break }
            return .created(CreatedArticle(id: id, version: version, json: json))
        case ("r", 2):
            if let answer = parts[1].bytes { return .repeated(answer) }
        case ("k", 1):
            return .refused(.keyOfAnotherRequest)
        case ("n", 1):
            return .refused(.noArticle(command.id ?? 0))
        case ("p", 2):
            if let version = parts[1].text.flatMap(Cursor.init) {
                return .refused(.changedSince(command.id ?? 0, version))
            }
        case ("u", 3):
            guard let version = parts[1].text.flatMap(Cursor.init), let record = parts[2].bytes else { break }
            let article = try RedisRecords.article(id: command.id ?? 0, record).article
            return .updated(VersionedArticle(article: article, version: version))
        case ("d", 1):
            return .deleted
        default: break
        }
        throw unknown(RedisError.unexpected("the script append returned something else"))
    }
}

extension WriteCommand {
    /// The article that it is about.
    fileprivate var id: Int64? {
        switch self {
        case .create: nil
        case .update(let id, _, _, _), .delete(let id, _, _): id
        }
    }
}

extension WriteOutcome {
    /// What its publisher is told if a failover could still lose it.
    fileprivate func asLackingReplicas(_ replicas: Int, _ needed: Int) -> WriteOutcome {
        if case .refused = self { return self }
        return .refused(
            ServiceError(
                .unavailable,
                "It was stored, but \(replicas) of \(needed) replicas have it, so that it could still be lost. "
                    + "Repeated with the same Idempotency-Key it is stored once.", retryAfter: 1))
    }
}
