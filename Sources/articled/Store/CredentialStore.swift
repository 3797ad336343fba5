import Core

/// Where accounts, tokens and sessions last.
protocol CredentialStore: Sendable {
    /// All of them; `nil` if the store can't be reached yet and will bring them later.
    func credentials() throws -> StoredCredentials?

    /// Makes a change durable, together with its lines of the audit log, unless another one came first.
    ///
    /// - Parameter version: how many changes there were when this one was planned.
    /// - Returns: false if there were more, which the follower has heard of by now; then nothing was changed.
    /// - Throws: ``ServiceError`` `unavailable` if nothing can be stored.
    func store(_ change: CredentialChange, ifVersion version: Int64) async throws -> Bool

    /// Calls the follower with what becomes durable, in order, before ``store(_:ifVersion:)`` returns.
    func followCredentials(_ follower: @escaping @Sendable (CredentialNews) -> Void)
}

/// Accounts, tokens and sessions as they are in the store.
struct StoredCredentials: Sendable {
    var accounts: [Account] = []
    var tokens: [APIToken] = []
    var sessions: [Session] = []
    /// The highest ids that were ever given.
    var lastAccount: Int64 = 0
    var lastToken: Int64 = 0
    var lastSession: Int64 = 0
    /// How many changes there were.
    var version: Int64 = 0
}

/// What belongs together: all of it is stored, or nothing.
struct CredentialChange: Sendable {
    var updates: [CredentialUpdate] = []
    var audit: [AuditRecord] = []
    var at = Timestamp.now
}

/// One row as it is from now on.
enum CredentialUpdate: Sendable, Hashable {
    /// - Parameter revokes: feeds that its password let in end.
    case account(Account, revokes: Bool = false)
    case accountRemoved(Int64)
    case token(APIToken)
    case tokenRemoved(Int64)
    case session(Session)
    case sessionRemoved(Int64)
}

/// What a store tells of accounts, tokens and sessions.
enum CredentialNews: Sendable {
    /// - Parameter version: the number of the change, one more than that of the one before.
    case changed([CredentialUpdate], version: Int64)
    /// Everything as it is now, since what has changed can't be told one by one.
    case replaced(StoredCredentials)
}

/// Where one-time admissions are kept until they are used.
protocol TicketStore: Sendable {
    /// - Throws: ``ServiceError`` `unavailable` if too many are unused.
    func keep(_ ticket: SecretHash, of principal: Principal) async throws
    /// Who a ticket was issued to; it is used up by this.
    func redeem(_ ticket: SecretHash) async throws -> Principal?
}
