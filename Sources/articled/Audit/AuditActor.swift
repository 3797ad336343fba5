/// Who did something, and from where: what the audit log keeps of a request.
struct AuditActor: Sendable, Hashable {
    /// An account's or a token's name; empty for somebody unknown.
    let name: String
    /// An IP address; empty for what was done on this machine without the daemon.
    let address: String
}
