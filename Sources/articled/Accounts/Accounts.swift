import Core
import Foundation
import Synchronization

/// Who may do what: all accounts, tokens and sessions, in memory for every request to ask, in the store to last.
///
/// What changes is written first; as soon as it is durable it is changed here and acts on the next request, and whoever
/// it concerns is told (``onRevoked``).
final class Accounts: Sendable {
    /// How long things last, and how much there may be.
    struct Limits: Sendable, Hashable {
        /// Time without a request after which a session ends, in milliseconds.
        var sessionIdle: Int64 = 12 * 3_600_000
        /// Time after which a session ends in any case, in milliseconds.
        var sessionLifetime: Int64 = 14 * 24 * 3_600_000
        /// Sessions of one account; a further login ends the oldest.
        var sessionsPerAccount = 20
        var tokens = 10_000
        var accounts = 100_000
        var passwordCost = PasswordHash.Cost()
    }

    let store: any Store
    private let liveLimits: Live<Limits>
    private let localTokenHash: SecretHash?
    /// Tokens that the configuration has, not the store.
    private let configured = Live(ConfiguredTokens())
    let state: Mutex<AccountsState>
    private let loaded: Atomic<Bool>
    let worker = PasswordWorker()
    let knownPasswords = KnownPasswords()
    /// For names that there is no account of: checking takes as long as for others.
    let nobody: PasswordHash
    private let revoked = Mutex<(@Sendable (Set<Credential>) -> Void)?>(nil)

    /// - Parameter localToken: the machine's own; `nil` where there is no daemon.
    /// - Throws: `DatabaseError` or ``StoreError`` if the store can't be read.
    init(store: any Store, localToken: String?, limits: Limits = Limits()) throws {
        self.store = store
        liveLimits = Live(limits)
        nobody = .fittingNothing(cost: limits.passwordCost)
        localTokenHash = localToken.map { SecretHash(of: $0.utf8) }
        let stored = try store.credentials()
        state = Mutex(stored.map(AccountsState.init) ?? AccountsState())
        loaded = Atomic(stored != nil)
        store.followCredentials { [weak self] in self?.take($0) }
    }

    var limits: Limits { liveLimits.value }

    /// Sessions have these limits from now on, those that are open too. The cost of passwords stays what it was.
    func setLimits(_ limits: Limits) {
        var limits = limits
        limits.passwordCost = self.limits.passwordCost
        liveLimits.set(limits)
    }

    /// Lets in whom these tokens stand for, and nobody any longer whom others of the configuration stood for.
    func setConfigured(_ tokens: [ConfiguredToken]) {
        let (before, now) = (configured.value, ConfiguredTokens(tokens))
        configured.set(now)
        announce(before.credentials(notIn: now))
    }

    /// Whether it is known who there is; until then nobody can be told to be wrong.
    var isLoaded: Bool { loaded.load(ordering: .relaxed) }

    /// Calls the handler with all that is taken back from now on.
    func onRevoked(_ handler: @escaping @Sendable (Set<Credential>) -> Void) {
        revoked.withLock { $0 = handler }
    }

    /// What the store tells, in order.
    private func take(_ news: CredentialNews) {
        let revoked = state.withLock { state -> Set<Credential> in
            switch news {
            case .changed(let updates, let version):
                guard version == state.version + 1 else { return [] }
                state.version = version
                return updates.reduce(into: []) { $0.formUnion(state.apply($1)) }
            case .replaced(let stored):
                return state.replace(with: stored)
            }
        }
        if case .replaced = news { loaded.store(true, ordering: .relaxed) }
        announce(revoked)
    }

    func announce(_ credentials: Set<Credential>) {
        guard !credentials.isEmpty else { return }
        revoked.withLock { $0 }?(credentials)
    }

    /// Makes a change: plans it from what is known, and again if somebody else's came first.
    ///
    /// - Parameter plan: what to change, and what to return; must not call this object.
    /// - Throws: ``ServiceError``: what `plan` throws, or `unavailable` if the store can't be written.
    @discardableResult
    func change<Result: Sendable>(
        _ plan: (AccountsState) throws(ServiceError) -> (CredentialChange, Result)
    ) async throws -> Result {
        for _ in 0..<Self.maxAttempts {
            let known = state.withLock { $0 }
            let (change, result) = try plan(known)
            guard !change.updates.isEmpty else { return result }
            if try await store.store(change, ifVersion: known.version) { return result }
        }
        throw ServiceError(.unavailable, "Too many accounts are being changed at once.", retryAfter: 1)
    }

    /// How often a change is planned before it is given up.
    private static let maxAttempts = 20

    // MARK: - Asking

    /// Who a bearer token stands for; `nil` if it is not valid.
    ///
    /// - Parameter hash: the token's.
    func principal(bearer hash: SecretHash, at now: Timestamp = .now) -> Principal? {
        // Comparing digests takes the same time wherever the token differs.
        if hash == localTokenHash { return Principal(name: Account.localName, role: .admin, credential: .localToken) }
        if let principal = configured.value.principals[hash] { return principal }
        return state.withLock { state in
            guard let id = state.tokensByHash[hash], let token = state.tokens[id], !token.isExpired(at: now) else {
                return nil
            }
            if token.lastUsed.map({ now.milliseconds - $0.milliseconds >= 60_000 }) ?? true {
                state.tokens[id]?.lastUsed = now
                state.touchedTokens.insert(id)
            }
            return Principal(name: token.name, role: token.role, credential: .token(id: id))
        }
    }

    /// Who a session's secret stands for; `nil` if it has ended.
    ///
    /// - Parameter isUse: somebody uses it, which keeps it alive.
    func principal(session secret: Secret, isUse: Bool = true, at now: Timestamp = .now) -> Principal? {
        let hash = secret.hash
        return state.withLock { state in
            guard let id = state.sessionsByHash[hash], let session = state.sessions[id], isAlive(session, at: now),
                let account = state.accounts[session.account]
            else { return nil }
            if isUse, now.milliseconds - session.lastSeen.milliseconds >= min(60_000, limits.sessionIdle / 10) {
                state.sessions[id]?.lastSeen = now
                state.touchedSessions.insert(id)
            }
            return Principal(name: account.name, role: account.role, credential: .session(id: id))
        }
    }

    /// Whether a credential that was good is good still.
    func isValid(_ credential: Credential, at now: Timestamp = .now) -> Bool {
        state.withLock { state in
            switch credential {
            case .localToken: true
            case .configured(let id): configured.value.ids.contains(id)
            case .token(let id): state.tokens[id].map { !$0.isExpired(at: now) } ?? false
            case .session(let id): state.sessions[id].map { isAlive($0, at: now) } ?? false
            case .password(let id): state.accounts[id] != nil
            }
        }
    }

    func isAlive(_ session: Session, at now: Timestamp) -> Bool {
        now.milliseconds - session.created.milliseconds < limits.sessionLifetime
            && now.milliseconds - session.lastSeen.milliseconds < limits.sessionIdle
    }

    /// Whether there is somebody who can log in and manage the others.
    var hasAdmin: Bool { state.withLock { $0.accounts.values.contains { $0.role == .admin } } }

    /// How many accounts, tokens and sessions there are; some of them may have just expired.
    var counts: (accounts: Int, tokens: Int, sessions: Int) {
        state.withLock { ($0.accounts.count, $0.tokens.count, $0.sessions.count) }
    }

    func account(named name: String) -> Account? {
        state.withLock { $0.account(named: name) }
    }

    /// Sessions that have not ended, the latest first, with their accounts' names.
    func sessions(at now: Timestamp = .now) -> [(session: Session, account: String)] {
        state.withLock { state in
            state.sessions.values.filter { isAlive($0, at: now) }.sorted { $0.id > $1.id }.compactMap { session in
                state.accounts[session.account].map { (session, $0.name) }
            }
        }
    }

}
