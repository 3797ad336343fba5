import Core
import Foundation
import GRDB
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

    private struct State {
        var accounts: [Int64: Account] = [:]
        /// In lower case.
        var accountsByName: [String: Int64] = [:]
        var tokens: [Int64: APIToken] = [:]
        var tokensByHash: [SecretHash: Int64] = [:]
        var sessions: [Int64: Session] = [:]
        var sessionsByHash: [SecretHash: Int64] = [:]
        /// Used since it was last written down when.
        var touchedTokens: Set<Int64> = []
        var touchedSessions: Set<Int64> = []

        mutating func insert(_ account: Account) {
            accounts[account.id] = account
            accountsByName[account.name.lowercased()] = account.id
        }

        mutating func insert(_ token: APIToken) {
            tokens[token.id] = token
            tokensByHash[token.hash] = token.id
        }

        mutating func insert(_ session: Session) {
            sessions[session.id] = session
            sessionsByHash[session.hash] = session.id
        }

        mutating func removeAccount(_ id: Int64) {
            if let account = accounts.removeValue(forKey: id) { accountsByName[account.name.lowercased()] = nil }
        }

        mutating func removeToken(_ id: Int64) {
            if let token = tokens.removeValue(forKey: id) { tokensByHash[token.hash] = nil }
            touchedTokens.remove(id)
        }

        mutating func removeSession(_ id: Int64) {
            if let session = sessions.removeValue(forKey: id) { sessionsByHash[session.hash] = nil }
            touchedSessions.remove(id)
        }

        func account(named name: String) -> Account? {
            accountsByName[name.lowercased()].flatMap { accounts[$0] }
        }

        func isTaken(_ name: String) -> Bool {
            account(named: name) != nil || tokens.values.contains { $0.name.lowercased() == name.lowercased() }
        }

        /// All that an account is let in by.
        func credentials(ofAccount id: Int64) -> Set<Credential> {
            Set(sessions.values.filter { $0.account == id }.map { .session(id: $0.id) }).union([.password(account: id)])
        }
    }

    let store: SQLiteStore
    let limits: Limits
    private let localTokenHash: SecretHash?
    private let state: Mutex<State>
    let worker = PasswordWorker()
    private let knownPasswords = KnownPasswords()
    /// For names that there is no account of: checking takes as long as for others.
    private let nobody: Mutex<PasswordHash?> = Mutex(nil)
    private let revoked = Mutex<(@Sendable (Set<Credential>) -> Void)?>(nil)

    /// - Parameter localToken: the machine's own; `nil` where there is no daemon.
    /// - Throws: `DatabaseError` or ``StoreError`` if the store can't be read.
    init(store: SQLiteStore, localToken: String?, limits: Limits = Limits()) throws {
        self.store = store
        self.limits = limits
        localTokenHash = localToken.map { SecretHash(of: $0.utf8) }
        let stored = try store.credentials()
        var state = State()
        for account in stored.accounts { state.insert(account) }
        for token in stored.tokens { state.insert(token) }
        for session in stored.sessions { state.insert(session) }
        self.state = Mutex(state)
    }

    /// Calls the handler with all that is taken back from now on.
    func onRevoked(_ handler: @escaping @Sendable (Set<Credential>) -> Void) {
        revoked.withLock { $0 = handler }
    }

    private func announce(_ credentials: Set<Credential>) {
        guard !credentials.isEmpty else { return }
        revoked.withLock { $0 }?(credentials)
    }

    // MARK: - Asking

    /// Who a bearer token stands for; `nil` if it is not valid.
    func principal(bearer token: some Sequence<UInt8>, at now: Timestamp = .now) -> Principal? {
        let hash = SecretHash(of: token)
        // Comparing digests takes the same time wherever the token differs.
        if hash == localTokenHash { return Principal(name: Account.localName, role: .admin, credential: .localToken) }
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
            case .token(let id): state.tokens[id].map { !$0.isExpired(at: now) } ?? false
            case .session(let id): state.sessions[id].map { isAlive($0, at: now) } ?? false
            case .password(let id): state.accounts[id] != nil
            }
        }
    }

    private func isAlive(_ session: Session, at now: Timestamp) -> Bool {
        now.milliseconds - session.created.milliseconds < limits.sessionLifetime
            && now.milliseconds - session.lastSeen.milliseconds < limits.sessionIdle
    }

    /// Whether there is somebody who can log in and manage the others.
    var hasAdmin: Bool { state.withLock { $0.accounts.values.contains { $0.role == .admin } } }

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

    // MARK: - Passwords

    /// An account whose name and password these are; `nil` if there is none.
    func principal(name: String, password: String) async throws -> Principal? {
        let account = account(named: name)
        if let account, knownPasswords.contains(name: account.name, password: password, hash: account.password) {
            return Principal(name: account.name, role: account.role, credential: .password(account: account.id))
        }
        guard let account = try await checked(account, password) else { return nil }
        knownPasswords.insert(name: account.name, password: password, hash: account.password)
        return Principal(name: account.name, role: account.role, credential: .password(account: account.id))
    }

    /// Whether a name and password can be told to be right without any effort.
    func isKnown(name: String, password: String) -> Bool {
        guard let account = account(named: name) else { return false }
        return knownPasswords.contains(name: account.name, password: password, hash: account.password)
    }

    /// The account, as it is after the check, if the password is its own. Takes its time whoever is asked for.
    private func checked(_ account: Account?, _ password: String) async throws -> Account? {
        guard password.utf8.count <= PasswordHash.maxBytes else { return nil }
        let cost = limits.passwordCost
        let isRight = try await worker.run { [self] in
            if let account { return try account.password.matches(password) }
            let hash = try nobody.withLock { hash in
                if let hash { return hash }
                let made = try PasswordHash(of: Secret().text, cost: cost)
                hash = made
                return made
            }
            _ = try hash.matches(password)
            return false
        }
        guard isRight, let account else { return nil }
        // It may have been changed or removed meanwhile.
        guard let current = self.account(named: account.name), current.password == account.password else { return nil }
        guard current.password.cost != cost else { return current }
        let hash = try await worker.run { try PasswordHash(of: password, cost: cost) }
        let isStored = try await store.changeCredentials { database in
            try database.execute(
                sql: "UPDATE accounts SET password = ? WHERE id = ? AND password = ?",
                arguments: [hash.text, current.id, current.password.text])
            return database.changesCount > 0
        } onCommit: { [self] isChanged in
            if isChanged { state.withLock { $0.accounts[current.id]?.password = hash } }
        }
        return isStored ? self.account(named: current.name) : nil
    }

    // MARK: - Sessions

    /// A session that has just begun.
    struct OpenedSession: Sendable {
        let principal: Principal
        let secret: Secret
    }

    /// Begins a session for an account whose password was right.
    ///
    /// - Parameter replacing: the session that the browser had before: it ends, so that nobody who planted it shares
    ///   this one.
    func openSession(
        for name: String, replacing previous: Secret?, address: String, agent: String
    ) async throws -> OpenedSession {
        guard let account = account(named: name) else {
            throw ServiceError(.unauthorized, "The account was removed.")
        }
        let secret = Secret()
        let now = Timestamp.now
        let previousID = previous.flatMap { previous in state.withLock { $0.sessionsByHash[previous.hash] } }
        let limit = limits.sessionsPerAccount
        let agent = String(agent.prefix(300))
        let (id, _) = try await store.changeCredentials { database -> (Int64, [Int64]) in
            var ended = try Int64.fetchAll(
                database,
                sql: "SELECT id FROM sessions WHERE account = ? ORDER BY id DESC LIMIT -1 OFFSET ?",
                arguments: [account.id, limit - 1])
            if let previousID { ended.append(previousID) }
            for id in ended { try database.execute(sql: "DELETE FROM sessions WHERE id = ?", arguments: [id]) }
            try database.execute(
                sql: """
                    INSERT INTO sessions (hash, account, created, last_seen, address, agent) VALUES (?, ?, ?, ?, ?, ?)
                    """,
                arguments: [secret.hash.bytes, account.id, now.milliseconds, now.milliseconds, address, agent])
            let id = database.lastInsertedRowID
            try database.execute(
                sql: "UPDATE accounts SET last_login = ? WHERE id = ?", arguments: [now.milliseconds, account.id])
            try SQLiteStore.record(
                AuditRecord(actor: AuditActor(name: account.name, address: address), action: .login), at: now, database)
            return (id, ended)
        } onCommit: { [self] id, ended in
            state.withLock { state in
                for id in ended { state.removeSession(id) }
                state.insert(
                    Session(
                        id: id, hash: secret.hash, account: account.id, created: now, lastSeen: now, address: address,
                        agent: agent))
                state.accounts[account.id]?.lastLogin = now
            }
            announce(Set(ended.map { .session(id: $0) }))
        }
        return OpenedSession(
            principal: Principal(name: account.name, role: account.role, credential: .session(id: id)), secret: secret)
    }

    /// Ends a session; false if there is none of that id.
    @discardableResult
    func endSession(_ id: Int64, action: AuditAction, by actor: AuditActor) async throws -> Bool {
        guard let (session, owner) = sessions().first(where: { $0.session.id == id }) else { return false }
        try await store.changeCredentials { database in
            try database.execute(sql: "DELETE FROM sessions WHERE id = ?", arguments: [id])
            try SQLiteStore.record(
                AuditRecord(
                    actor: actor, action: action, subject: action == .logout ? nil : owner,
                    detail: action == .logout ? nil : "from \(session.address)"), at: .now, database)
        } onCommit: { [self] in
            state.withLock { $0.removeSession(id) }
            announce([.session(id: id)])
        }
        return true
    }

    // MARK: - Housekeeping

    /// Ends what has expired, and writes down when sessions and tokens were last used.
    func tidy(at now: Timestamp = .now) async throws {
        let (expired, sessions, tokens) = state.withLock { state in
            (
                state.sessions.values.filter { !isAlive($0, at: now) }.map(\.id),
                state.touchedSessions.compactMap { state.sessions[$0] },
                state.touchedTokens.compactMap { state.tokens[$0] }
            )
        }
        guard !expired.isEmpty || !sessions.isEmpty || !tokens.isEmpty else { return }
        try await store.changeCredentials { database in
            for id in expired { try database.execute(sql: "DELETE FROM sessions WHERE id = ?", arguments: [id]) }
            for session in sessions {
                try database.execute(
                    sql: "UPDATE sessions SET last_seen = ? WHERE id = ?",
                    arguments: [session.lastSeen.milliseconds, session.id])
            }
            for token in tokens {
                try database.execute(
                    sql: "UPDATE tokens SET last_used = ? WHERE id = ?",
                    arguments: [token.lastUsed?.milliseconds, token.id])
            }
        } onCommit: { [self] in
            state.withLock { state in
                for id in expired { state.removeSession(id) }
                state.touchedSessions.subtract(sessions.map(\.id))
                state.touchedTokens.subtract(tokens.map(\.id))
            }
        }
    }

    /// Tells those who were let in by something that has expired since a moment.
    func announceExpired(after: Timestamp, upTo now: Timestamp) {
        let expired = state.withLock { state -> Set<Credential> in
            let tokens = state.tokens.values.filter { !$0.isExpired(at: after) && $0.isExpired(at: now) }
            let sessions = state.sessions.values.filter { isAlive($0, at: after) && !isAlive($0, at: now) }
            return Set(tokens.map { .token(id: $0.id) }).union(sessions.map { .session(id: $0.id) })
        }
        announce(expired)
    }

    // MARK: - Changing

    /// What can be done to accounts and tokens, in somebody's name.
    func administration(by actor: AuditActor) -> StoredAccounts {
        StoredAccounts(accounts: self, actor: actor)
    }

    func accountSummaries() -> [AccountSummary] {
        state.withLock { Array($0.accounts.values) }.sorted { $0.name.lowercased() < $1.name.lowercased() }.map {
            AccountSummary(name: $0.name, role: $0.role, created: $0.created, lastLogin: $0.lastLogin)
        }
    }

    func tokenSummaries() -> [TokenSummary] {
        state.withLock { Array($0.tokens.values) }.sorted { $0.id < $1.id }.map(\.summary)
    }

    func token(_ nameOrID: String) -> APIToken? {
        state.withLock { state in
            state.tokens.values.first { $0.name.lowercased() == nameOrID.lowercased() }
                ?? Int64(nameOrID).flatMap { state.tokens[$0] }
        }
    }

    /// - Throws: ``ServiceError`` `conflict`.
    func checkFree(_ name: String) throws(ServiceError) {
        let (isTaken, isFull) = state.withLock {
            ($0.isTaken(name), $0.accounts.count >= limits.accounts || $0.tokens.count >= limits.tokens)
        }
        if isTaken { throw ServiceError(.conflict, "There is an account or a token of the name \(name) already.") }
        if isFull { throw ServiceError(.conflict, "There are too many accounts or tokens. Remove some first.") }
    }

    // What StoredAccounts has made durable.

    func added(_ account: Account) { state.withLock { $0.insert(account) } }
    func added(_ token: APIToken) { state.withLock { $0.insert(token) } }

    func changed(_ id: Int64, _ change: (inout Account) -> Void, revokes: Bool, keeping session: Int64? = nil) {
        let credentials = state.withLock { state -> Set<Credential> in
            guard var account = state.accounts[id] else { return [] }
            change(&account)
            state.accounts[id] = account
            return revokes ? state.credentials(ofAccount: id) : []
        }
        announce(credentials.subtracting(session.map { [.session(id: $0)] } ?? []))
    }

    /// Ends an account's sessions, but perhaps one.
    func sessionsEnded(ofAccount id: Int64, keeping kept: Int64?) {
        let ended = state.withLock { state -> Set<Credential> in
            let ids = state.sessions.values.filter { $0.account == id && $0.id != kept }.map(\.id)
            for id in ids { state.removeSession(id) }
            return Set(ids.map { .session(id: $0) })
        }
        announce(ended)
    }

    func removedAccount(_ id: Int64) {
        let credentials = state.withLock { state -> Set<Credential> in
            let credentials = state.credentials(ofAccount: id)
            for session in state.sessions.values where session.account == id { state.removeSession(session.id) }
            state.removeAccount(id)
            return credentials
        }
        announce(credentials)
    }

    func removedToken(_ id: Int64) {
        state.withLock { $0.removeToken(id) }
        announce([.token(id: id)])
    }
}

extension APIToken {
    var summary: TokenSummary {
        TokenSummary(
            id: id, name: name, role: role, created: created, createdBy: createdBy, expires: expires,
            lastUsed: lastUsed)
    }
}
