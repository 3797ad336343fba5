import Core

/// Changes accounts and tokens in the store, in somebody's name.
struct StoredAccounts: AccountAdministration {
    let accounts: Accounts
    let actor: AuditActor
    /// A session that goes on when its account's password changes: the one that changes it.
    var keptSession: Int64?

    func listAccounts() async throws -> [AccountSummary] { accounts.accountSummaries() }
    func listTokens() async throws -> [TokenSummary] { accounts.tokenSummaries() }

    func addAccount(_ name: String, role: Role, password: String) async throws {
        try await addAccount(name, role: role, password: password, action: .accountAdded)
    }

    /// - Parameter action: how the audit log calls it.
    func addAccount(_ name: String, role: Role, password: String, action: AuditAction) async throws {
        try Account.checkName(name)
        try PasswordHash.check(password, name: name)
        try accounts.checkFree(name)
        let hash = try await hashed(password)
        let now = Timestamp.now
        try await accounts.change { state throws(ServiceError) in
            try state.checkFree(name, limits: accounts.limits)
            // The first one is made once, whoever has the link.
            if action == .setUp, state.accounts.values.contains(where: { $0.role == .admin }) {
                throw ServiceError(.conflict, "There is an admin account already. Log in with it.")
            }
            let account = Account(
                id: state.lastAccount + 1, name: name, role: role, password: hash, created: now, lastLogin: nil)
            let record = AuditRecord(actor: actor, action: action, subject: name, detail: role.rawValue)
            return (CredentialChange(updates: [.account(account)], audit: [record], at: now), ())
        }
    }

    func setPassword(of name: String, to password: String) async throws {
        let id = try found(name).id
        try PasswordHash.check(password, name: name)
        let hash = try await hashed(password)
        try await accounts.change { state throws(ServiceError) in
            guard var account = state.accounts[id] else { throw Self.noAccount(name) }
            account.password = hash
            // Whoever has the old password is out.
            let ended = state.sessions(ofAccount: id).map(\.id).filter { $0 != keptSession }
            let record = AuditRecord(actor: actor, action: .passwordChanged, subject: account.name)
            let updates = [.account(account, revokes: true)] + ended.map { CredentialUpdate.sessionRemoved($0) }
            return (CredentialChange(updates: updates, audit: [record]), ())
        }
    }

    func setRole(of name: String, to role: Role) async throws {
        let id = try found(name).id
        try await accounts.change { state throws(ServiceError) in
            guard var account = state.accounts[id] else { throw Self.noAccount(name) }
            let old = account.role
            guard old != role else { return (CredentialChange(), ()) }
            try state.checkNotLastAdmin(account)
            account.role = role
            let record = AuditRecord(
                actor: actor, action: .roleChanged, subject: account.name,
                detail: "\(old.rawValue) → \(role.rawValue)")
            return (CredentialChange(updates: [.account(account)], audit: [record]), ())
        }
    }

    func removeAccount(_ name: String) async throws {
        let id = try found(name).id
        try await accounts.change { state throws(ServiceError) in
            guard let account = state.accounts[id] else { throw Self.noAccount(name) }
            try state.checkNotLastAdmin(account)
            let record = AuditRecord(
                actor: actor, action: .accountRemoved, subject: account.name, detail: account.role.rawValue)
            let ended = state.sessions(ofAccount: id).map { CredentialUpdate.sessionRemoved($0.id) }
            return (CredentialChange(updates: ended + [.accountRemoved(id)], audit: [record]), ())
        }
    }

    func createToken(_ name: String, role: Role, expires: Timestamp?) async throws -> CreatedToken {
        try Account.checkName(name)
        try accounts.checkFree(name)
        let now = Timestamp.now
        if let expires, expires <= now {
            throw ServiceError(invalid: [FieldError(field: "expires", message: "must be in the future")])
        }
        let secret = Secret(prefix: "art_")
        let token = try await accounts.change { state throws(ServiceError) in
            try state.checkFree(name, limits: accounts.limits)
            let token = APIToken(
                id: state.lastToken + 1, name: name, role: role, hash: secret.hash, created: now,
                createdBy: actor.name, expires: expires, lastUsed: nil)
            let record = AuditRecord(actor: actor, action: .tokenCreated, subject: name, detail: role.rawValue)
            return (CredentialChange(updates: [.token(token)], audit: [record], at: now), token)
        }
        return CreatedToken(summary: token.summary, text: secret.text)
    }

    func revokeToken(_ nameOrID: String) async throws {
        guard let token = accounts.token(nameOrID) else { throw Self.noToken(nameOrID) }
        try await accounts.change { state throws(ServiceError) in
            guard state.tokens[token.id] != nil else { throw Self.noToken(nameOrID) }
            let record = AuditRecord(actor: actor, action: .tokenRevoked, subject: token.name)
            return (CredentialChange(updates: [.tokenRemoved(token.id)], audit: [record]), ())
        }
    }

    private func hashed(_ password: String) async throws -> PasswordHash {
        let cost = accounts.limits.passwordCost
        return try await accounts.worker.run { try PasswordHash(of: password, cost: cost) }
    }

    private func found(_ name: String) throws(ServiceError) -> Account {
        guard let account = accounts.account(named: name) else { throw Self.noAccount(name) }
        return account
    }

    private static func noAccount(_ name: String) -> ServiceError {
        ServiceError(.notFound, "There is no account \"\(name.prefix(64))\".")
    }

    private static func noToken(_ nameOrID: String) -> ServiceError {
        ServiceError(.notFound, "There is no token \"\(nameOrID.prefix(64))\".")
    }
}
