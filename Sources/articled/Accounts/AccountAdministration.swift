import Core

/// What can be done to accounts and tokens: on the store itself, or through a daemon that has it open.
protocol AccountAdministration: Sendable {
    /// By name.
    func listAccounts() async throws -> [AccountSummary]
    func addAccount(_ name: String, role: Role, password: String) async throws
    func setPassword(of name: String, to password: String) async throws
    func setRole(of name: String, to role: Role) async throws
    func removeAccount(_ name: String) async throws
    /// Oldest first.
    func listTokens() async throws -> [TokenSummary]
    func createToken(_ name: String, role: Role, expires: Timestamp?) async throws -> CreatedToken
    /// - Parameter nameOrID: of the token.
    func revokeToken(_ nameOrID: String) async throws
}

/// An account as it is shown.
struct AccountSummary: Sendable, Hashable {
    let name: String
    let role: Role
    let created: Timestamp
    let lastLogin: Timestamp?
}

/// A token as it is shown.
struct TokenSummary: Sendable, Hashable {
    let id: Int64
    let name: String
    let role: Role
    let created: Timestamp
    let createdBy: String
    let expires: Timestamp?
    let lastUsed: Timestamp?
}

/// A token that has just been made: the only time that its text is known.
struct CreatedToken: Sendable {
    let summary: TokenSummary
    let text: String
}
