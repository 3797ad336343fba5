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
        try principal(authorization: request.headers[values: .authorization])
    }

    /// - Parameter values: the headers of that name.
    /// - Throws: as above.
    func principal(authorization values: [String]) throws(ServiceError) -> Principal {
        guard let value = values.first, values.count == 1 else {
            throw ServiceError(.unauthorized, "Send the header Authorization: Bearer with a token.")
        }
        guard let token = Self.bearerToken(value) else {
            throw ServiceError(.unauthorized, "Only Authorization: Bearer with a token is understood.")
        }
        // Comparing digests takes the same time wherever the token differs.
        guard SHA256.hash(data: Array(token)) == localTokenHash else {
            throw ServiceError(.unauthorized, "The token is not valid.")
        }
        return Principal(name: Self.localAccount)
    }

    /// What stands behind `Bearer ` in a header; `nil` if it is of another kind (RFC 6750 section 2.1).
    static func bearerToken(_ header: String) -> Substring.UTF8View? {
        let scheme: StaticString = "bearer "
        let bytes = header.utf8
        guard bytes.count > scheme.utf8CodeUnitCount else { return nil }
        var index = bytes.startIndex
        for position in 0..<scheme.utf8CodeUnitCount {
            guard bytes[index] | 0x20 == scheme.utf8Start[position] else { return nil }
            index = bytes.index(after: index)
        }
        return bytes[index...]
    }
}
