/// Who makes a request.
struct Principal: Sendable, Hashable {
    /// The account's or the token's name, no two of which are the same; the author of what it posts.
    let name: String
    let role: Role
    /// What it showed; open feeds end with it.
    let credential: Credential
}

/// Something that lets its bearer in, until it expires or is taken back.
enum Credential: Hashable, Sendable {
    /// The machine's own token.
    case localToken
    /// A token that the configuration has; the number is made of its hash.
    case configured(id: Int64)
    case token(id: Int64)
    case session(id: Int64)
    /// An account's name and password with each request.
    case password(account: Int64)
}
