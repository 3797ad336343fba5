/// How the clients introduce themselves.
enum UserAgent {
    static let value = "articles-client/1.0"
}
