import Core
import Synchronization

/// Names and passwords.
extension Accounts {
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
            _ = try nobody.matches(password)
            return false
        }
        guard isRight, let account else { return nil }
        // It may have been changed or removed meanwhile.
        guard let current = self.account(named: account.name), current.password == account.password else { return nil }
        guard current.password.cost != cost else { return current }
        let hash = try await worker.run { try PasswordHash(of: password, cost: cost) }
        let isStored = try await change { state in
            guard var account = state.accounts[current.id], account.password == current.password else {
                return (CredentialChange(), false)
            }
            account.password = hash
            return (CredentialChange(updates: [.account(account)]), true)
        }
        return isStored ? self.account(named: current.name) : nil
    }
}
