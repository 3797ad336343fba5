import Core

/// How the clients introduce themselves.
enum UserAgent {
    static let value = "articles-client/\(ProjectVersion.number)"
}
