import Core

/// All accounts, tokens and sessions, and ways to find them.
struct AccountsState {
    var accounts: [Int64: Account] = [:]
    /// In lower case.
    var accountsByName: [String: Int64] = [:]
    var tokens: [Int64: APIToken] = [:]
    var tokensByHash: [SecretHash: Int64] = [:]
    var sessions: [Int64: Session] = [:]
    var sessionsByHash: [SecretHash: Int64] = [:]
    /// How many changes this takes account of.
    var version: Int64 = 0
    /// The highest ids that were ever given.
    var lastAccount: Int64 = 0
    var lastToken: Int64 = 0
    var lastSession: Int64 = 0
    /// Used since it was last written down when.
    var touchedTokens: Set<Int64> = []
    var touchedSessions: Set<Int64> = []

    init() {}

    init(_ stored: StoredCredentials) {
        for account in stored.accounts { insert(account) }
        for token in stored.tokens { insert(token) }
        for session in stored.sessions { insert(session) }
        (lastAccount, lastToken, lastSession) = (stored.lastAccount, stored.lastToken, stored.lastSession)
        version = stored.version
    }

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

    /// - Throws: ``ServiceError`` `conflict` if there can be no further account or token of that name.
    func checkFree(_ name: String, limits: Accounts.Limits) throws(ServiceError) {
        if isTaken(name) {
            throw ServiceError(.conflict, "There is an account or a token of the name \(name) already.")
        }
        if accounts.count >= limits.accounts || tokens.count >= limits.tokens {
            throw ServiceError(.conflict, "There are too many accounts or tokens. Remove some first.")
        }
    }

    /// Nobody could manage the rest without one.
    ///
    /// - Throws: ``ServiceError`` `conflict` if this is the last admin account.
    func checkNotLastAdmin(_ account: Account) throws(ServiceError) {
        guard account.role == .admin, accounts.values.count(where: { $0.role == .admin }) <= 1 else { return }
        throw ServiceError(.conflict, "This is the last admin account. Make another account admin first.")
    }

    func sessions(ofAccount id: Int64) -> [Session] {
        sessions.values.filter { $0.account == id }
    }

    func isTaken(_ name: String) -> Bool {
        account(named: name) != nil || tokens.values.contains { $0.name.lowercased() == name.lowercased() }
    }

    /// All that an account is let in by.
    func credentials(ofAccount id: Int64) -> Set<Credential> {
        Set(sessions(ofAccount: id).map { .session(id: $0.id) }).union([.password(account: id)])
    }
}
