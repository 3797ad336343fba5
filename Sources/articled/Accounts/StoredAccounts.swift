import Core
import GRDB

/// Changes accounts and tokens in the store, in somebody's name.
struct StoredAccounts: AccountAdministration {
    let accounts: Accounts
    let actor: AuditActor
    /// A session that goes on when its account's password changes: the one that changes it.
    var keptSession: Int64?

    private var store: SQLiteStore { accounts.store }

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
        let actor = actor
        try await store.changeCredentials { [accounts] database -> Account in
            try accounts.checkFree(name)
            // The first one is made once, whoever has the link.
            if action == .setUp, try Self.adminCount(database) > 0 {
                throw ServiceError(.conflict, "There is an admin account already. Log in with it.")
            }
            try database.execute(
                sql: "INSERT INTO accounts (name, role, password, created) VALUES (?, ?, ?, ?)",
                arguments: [name, role.rawValue, hash.text, now.milliseconds])
            let account = Account(
                id: database.lastInsertedRowID, name: name, role: role, password: hash, created: now, lastLogin: nil)
            try SQLiteStore.record(
                AuditRecord(actor: actor, action: action, subject: name, detail: role.rawValue), at: now, database)
            return account
        } onCommit: { [accounts] account in
            accounts.added(account)
        }
    }

    func setPassword(of name: String, to password: String) async throws {
        let account = try found(name)
        try PasswordHash.check(password, name: name)
        let hash = try await hashed(password)
        let (actor, kept) = (actor, keptSession)
        try await store.changeCredentials { database in
            try database.execute(
                sql: "UPDATE accounts SET password = ? WHERE id = ?", arguments: [hash.text, account.id])
            guard database.changesCount > 0 else { throw Self.noAccount(name) }
            // Whoever has the old password is out.
            try database.execute(
                sql: "DELETE FROM sessions WHERE account = ? AND id IS NOT ?", arguments: [account.id, kept])
            try SQLiteStore.record(
                AuditRecord(actor: actor, action: .passwordChanged, subject: account.name), at: .now, database)
        } onCommit: { [accounts] in
            accounts.changed(account.id, { $0.password = hash }, revokes: true, keeping: kept)
            accounts.sessionsEnded(ofAccount: account.id, keeping: kept)
        }
    }

    func setRole(of name: String, to role: Role) async throws {
        let account = try found(name)
        let actor = actor
        try await store.changeCredentials { database -> Role in
            guard let old = try Self.role(of: account, database) else { throw Self.noAccount(name) }
            guard old != role else { return old }
            if old == .admin { try Self.keepOneAdmin(database) }
            try database.execute(
                sql: "UPDATE accounts SET role = ? WHERE id = ?", arguments: [role.rawValue, account.id])
            try SQLiteStore.record(
                AuditRecord(
                    actor: actor, action: .roleChanged, subject: account.name,
                    detail: "\(old.rawValue) → \(role.rawValue)"), at: .now, database)
            return old
        } onCommit: { [accounts] old in
            accounts.changed(account.id, { $0.role = role }, revokes: role < old)
        }
    }

    func removeAccount(_ name: String) async throws {
        let account = try found(name)
        let actor = actor
        try await store.changeCredentials { database in
            guard let role = try Self.role(of: account, database) else { throw Self.noAccount(name) }
            if role == .admin { try Self.keepOneAdmin(database) }
            try database.execute(sql: "DELETE FROM accounts WHERE id = ?", arguments: [account.id])
            try SQLiteStore.record(
                AuditRecord(actor: actor, action: .accountRemoved, subject: account.name, detail: role.rawValue),
                at: .now, database)
        } onCommit: { [accounts] in
            accounts.removedAccount(account.id)
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
        let actor = actor
        let token = try await store.changeCredentials { [accounts] database -> APIToken in
            try accounts.checkFree(name)
            try database.execute(
                sql: "INSERT INTO tokens (name, role, hash, created, created_by, expires) VALUES (?, ?, ?, ?, ?, ?)",
                arguments: [
                    name, role.rawValue, secret.hash.bytes, now.milliseconds, actor.name, expires?.milliseconds,
                ])
            let token = APIToken(
                id: database.lastInsertedRowID, name: name, role: role, hash: secret.hash, created: now,
                createdBy: actor.name, expires: expires, lastUsed: nil)
            try SQLiteStore.record(
                AuditRecord(actor: actor, action: .tokenCreated, subject: name, detail: role.rawValue), at: now,
                database)
            return token
        } onCommit: { [accounts] token in
            accounts.added(token)
        }
        return CreatedToken(summary: token.summary, text: secret.text)
    }

    func revokeToken(_ nameOrID: String) async throws {
        guard let token = accounts.token(nameOrID) else {
            throw ServiceError(.notFound, "There is no token \"\(nameOrID.prefix(64))\".")
        }
        let actor = actor
        try await store.changeCredentials { database in
            try database.execute(sql: "DELETE FROM tokens WHERE id = ?", arguments: [token.id])
            try SQLiteStore.record(
                AuditRecord(actor: actor, action: .tokenRevoked, subject: token.name), at: .now, database)
        } onCommit: { [accounts] in
            accounts.removedToken(token.id)
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

    private static func role(of account: Account, _ database: Database) throws -> Role? {
        try String.fetchOne(database, sql: "SELECT role FROM accounts WHERE id = ?", arguments: [account.id])
            .flatMap(Role.init)
    }

    private static func adminCount(_ database: Database) throws -> Int {
        try Int.fetchOne(database, sql: "SELECT count(*) FROM accounts WHERE role = 'admin'") ?? 0
    }

    /// Nobody could manage the rest without one.
    private static func keepOneAdmin(_ database: Database) throws {
        guard try adminCount(database) > 1 else {
            throw ServiceError(
                .conflict, "This is the last admin account. Make another account admin first.")
        }
    }
}
