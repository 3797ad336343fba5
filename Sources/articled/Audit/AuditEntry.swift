import Core

/// One line of the audit log.
struct AuditEntry: Sendable, Hashable {
    let id: Int64
    let at: Timestamp
    let actor: AuditActor
    let action: AuditAction
    /// The article, for what was done to one.
    let article: Int64?
    /// What it was done to, in words: an article's title, an account's or a token's name.
    let subject: String?
    /// What changed.
    let detail: String?
}

/// What can be done; the raw values are kept in the store.
enum AuditAction: String, Sendable, CaseIterable {
    case articleCreated = "article created"
    case articleChanged = "article changed"
    case articleDeleted = "article deleted"
    case login = "logged in"
    case loginFailed = "login failed"
    case logout = "logged out"
    case sessionEnded = "session ended"
    case accountAdded = "account added"
    case accountRemoved = "account removed"
    case roleChanged = "role changed"
    case passwordChanged = "password changed"
    case tokenCreated = "token created"
    case tokenRevoked = "token revoked"
    case setUp = "set up"
}

/// A line of the audit log before it is kept.
struct AuditRecord: Sendable, Hashable {
    let actor: AuditActor
    let action: AuditAction
    var article: Int64?
    var subject: String?
    var detail: String?
}

/// Which lines of the audit log to show.
struct AuditQuery: Sendable, Hashable {
    /// Only what this account or token did.
    var account: String?
    var article: Int64?
    var action: AuditAction?
    /// Only lines with a smaller id.
    var before: Int64?
    var limit: Int
}
