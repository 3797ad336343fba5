import ArgumentParser

/// What an account or a token may do; each role may do all that the roles before it may.
enum Role: String, Sendable, CaseIterable, Comparable, ExpressibleByArgument {
    /// Reads.
    case viewer
    /// Posts, changes and deletes articles.
    case editor
    /// Manages accounts, tokens and sessions.
    case admin

    static func < (left: Role, right: Role) -> Bool {
        left.rank < right.rank
    }

    private var rank: Int {
        switch self {
        case .viewer: 0
        case .editor: 1
        case .admin: 2
        }
    }

    /// For messages: "must be viewer, editor or admin".
    static let choices = "viewer, editor or admin"
}
