import Core
import Crypto
import Hummingbird

/// Who makes a request.
struct Principal: Sendable, Hashable {
    /// The account's name; the author of what it posts.
    let name: String
}

/// Tells from a request's credentials who makes it.
struct Authenticator: Sendable {
    /// The account that the local token stands for.
    static let localAccount = "local"

    private let localTokenHash: SHA256Digest

    init(localToken: String) {
        localTokenHash = SHA256.hash(data: Array(localToken.utf8))
    }

    /// - Throws: ``ServiceError`` `unauthorized` if there are no credentials or wrong ones.
    func principal(of request: Request) throws(ServiceError) -> Principal {
        let values = request.headers[values: .authorization]
        guard let value = values.first, values.count == 1 else {
            throw ServiceError(.unauthorized, "Send the header Authorization: Bearer with a token.")
        }
        let parts = value.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else {
            throw ServiceError(.unauthorized, "Only Authorization: Bearer with a token is understood.")
        }
        // Comparing digests takes the same time wherever the token differs.
        guard SHA256.hash(data: Array(parts[1].utf8)) == localTokenHash else {
            throw ServiceError(.unauthorized, "The token is not valid.")
        }
        return Principal(name: Self.localAccount)
    }
}
