import Core
import ServiceLifecycle

/// Where everything lasts: articles and events, idempotency keys, accounts, the audit log.
///
/// Commits come from one thread, the article log's. Everything else may be called from anywhere but event loops.
protocol Store: FeedReader, ArticleReader, CredentialStore, TicketStore {
    /// Terms, oldest and newest event, as they are now.
    func history() throws -> FeedHistory
    /// What the feed begins with; `nil` if the store can't be reached yet and will bring it later.
    func storedFeed(maxEvents: Int, maxBytes: Int) throws -> StoredFeed?
    /// What brings events to the feed that this process has not written; `nil` if nobody else writes.
    func follow(_ feed: FeedLog) -> (any Service)?

    /// Carries out commands durably, in order. A command that is refused changes nothing and does not touch the others.
    ///
    /// - Parameter term: the nonce to begin a term with, if one must begin.
    /// - Throws: if none of them happened.
    func commit(_ commands: [WriteCommand], at now: Timestamp, term: UInt32) throws -> CommitResult

    /// One article with its version; `nil` if there is none of that id.
    func article(id: Int64) async throws -> VersionedArticle?
    /// Articles, newest first, or after one of them oldest first.
    func articles(_ query: ArticleQuery) async throws -> [Article]
    /// Articles, newest first, and how many there are in all.
    func listing(_ query: ArticleQuery, skipping: Int) async throws -> (articles: [Article], total: Int)
    /// The topics with most articles.
    func topics(limit: Int) async throws -> [(topic: String, count: Int)]

    /// Lines of the audit log, newest first.
    func audit(_ query: AuditQuery) async throws -> [AuditEntry]
    /// Adds a line to the audit log.
    func record(_ record: AuditRecord, at now: Timestamp) async throws

    /// Keeps so much from now on; what is too much goes with what is written next.
    func setLimits(_ limits: StoreLimits)
    func size() async throws -> StoreSize
    /// Whether it is there, as far as that is known without asking it.
    var isReachable: Bool { get }
    /// Throws if the store can't be read.
    func probe() async throws
    /// Throws if nothing can be made durable.
    func probeWriting() async throws
    /// Throws if what the store lies on is gone or full, without trying.
    func checkPlace() throws(ServiceError)
    /// Gives back space that nothing needs any more, little by little, so that nobody waits for it.
    ///
    /// - Returns: how many bytes.
    func giveBackSpace() async throws -> Int
    /// Closes it in any case.
    func close() throws
}

extension Store {
    func follow(_ feed: FeedLog) -> (any Service)? { nil }
    func checkPlace() throws(ServiceError) {}
    func giveBackSpace() async throws -> Int { 0 }
    var isReachable: Bool { true }

    func topics() async throws -> [(topic: String, count: Int)] { try await topics(limit: 100) }
    func record(_ entry: AuditRecord) async throws { try await record(entry, at: .now) }
}

/// The feed as a store holds it.
struct StoredFeed: Sendable {
    let history: FeedHistory
    /// In order; the last is the newest of the history.
    let newestEvents: [CommittedEvent]
}

/// How much a store keeps.
struct StoreLimits: Sendable {
    /// Events kept for subscribers to resume from.
    var maxEvents = 1_000_000
    /// How long they are kept, in milliseconds.
    var maxEventAge: Int64 = 30 * 24 * 3_600_000
    /// How long an idempotency key is remembered, in milliseconds.
    var idempotencyKeyLifetime: Int64 = 24 * 3_600_000
    /// Lines of the audit log that are kept.
    var maxAuditEntries = 1_000_000
    /// How long they are kept, in milliseconds.
    var maxAuditAge: Int64 = 400 * 24 * 3_600_000
}

/// How much is kept, and where.
struct StoreSize: Sendable {
    enum Kind: String, Sendable {
        case memory, sqlite, redis

        /// For people.
        var title: String {
            switch self {
            case .memory: "in memory"
            case .sqlite: "SQLite"
            case .redis: "Redis"
            }
        }
    }

    let kind: Kind
    /// A file's path or a server's address; `nil` if it is in memory.
    let place: String?
    /// Of all that is kept, indexes included.
    let bytes: Int
    let articles: Int
    /// How many can be resumed from.
    let events: Int64
    /// Lines of the audit log.
    let auditEntries: Int
    /// More that whoever runs the daemon should know, by name.
    var details: [JSONMember] = []
}
