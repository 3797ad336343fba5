public import Core

/// Why a call failed, in words for the person who made it.
public enum ClientError: Error, Hashable, Sendable {
    /// The server's address is not one: what is wrong with it.
    case badURL(String)
    /// The credential that was named can't be used: which, and why.
    case badCredential(String)
    /// The file with the authorities to trust can't be used: which, and why.
    case badAuthorities(String)
    /// No answer: nothing listens, no such host, a time-out, TLS failed. `url` is where we tried.
    case unreachable(url: String, reason: String)
    /// The server answered with an error.
    case refused(status: Int, title: String, detail: String, errors: [FieldError], retryAfter: Int?)
    /// The server answered with something that is not ours.
    case unexpectedAnswer(url: String, reason: String)
}

extension ClientError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .badURL(let reason): "The URL is not usable: \(reason)."
        case .badCredential(let reason), .badAuthorities(let reason): reason
        case .unreachable(let url, let reason): "No answer from \(url): \(reason)."
        case .refused(let status, let title, let detail, _, _):
            detail.isEmpty ? "The server refused: \(status) \(title)." : "\(detail) (\(status) \(title))"
        case .unexpectedAnswer(let url, let reason): "\(url) does not answer like an articles server: \(reason)."
        }
    }
}
