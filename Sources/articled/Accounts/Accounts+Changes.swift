import Core
import Synchronization

/// What is known of accounts and tokens, and what happens to it.
extension Accounts {
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
