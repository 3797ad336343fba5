public import Core

/// Why a call failed, in words for the person who made it.
public enum ClientError: Error, Hashable, Sendable {
    /// The server's address is not one: what is wrong with it.
    case badURL(String)
    /// No answer: nothing listens, no such host, a time-out, TLS failed. `url` is where we tried.
    case unreachable(url: String, reason: String)
    /// The server answered with an error.
    case refused(status: Int, title: String, detail: String, errors: [FieldError], retryAfter: Int?)
    /// The server answered with something that is not ours.
    case unexpectedAnswer(url: String, reason: String)
}
