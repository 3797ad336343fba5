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
        try state.withLock { $0 }.checkFree(name, limits: limits)
    }
}

extension APIToken {
    var summary: TokenSummary {
        TokenSummary(
            id: id, name: name, role: role, created: created, createdBy: createdBy, expires: expires,
            lastUsed: lastUsed)
    }
}
