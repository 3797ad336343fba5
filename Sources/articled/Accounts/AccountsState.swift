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
