import Core

/// Somebody who may log in.
struct Account: Sendable, Hashable {
    let id: Int64
    let name: String
    var role: Role
    var password: PasswordHash
    let created: Timestamp
    var lastLogin: Timestamp?

    /// The machine's own account, which its token stands for and which has no password.
    static let localName = "local"

    /// Checks a name for an account or a token: what a log, a header or a URL can show as it is.
    ///
    /// - Throws: ``ServiceError`` `unprocessable`.
    static func checkName(_ name: String, field: String = "name") throws(ServiceError) {
        let isAllowed = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: ".-_@+".utf8.contains(byte)
            }
        }
        guard isAllowed, (1...64).contains(name.utf8.count) else {
            throw ServiceError(invalid: [
                FieldError(field: field, message: "must be 1 to 64 letters of a–z, digits and the signs . - _ @ +")
            ])
        }
        guard name.lowercased() != localName else {
            throw ServiceError(invalid: [FieldError(field: field, message: "is this machine's own; choose another")])
        }
    }
}

/// A credential for programs: a name, a role, and an end.
struct APIToken: Sendable, Hashable {
    let id: Int64
    let name: String
    let role: Role
    let hash: SecretHash
    let created: Timestamp
    /// The account that made it.
    let createdBy: String
    /// `nil` means that it does not expire.
    let expires: Timestamp?
    var lastUsed: Timestamp?

    func isExpired(at now: Timestamp) -> Bool {
        expires.map { $0 <= now } ?? false
    }
}

/// A browser that has logged in.
struct Session: Sendable, Hashable {
    let id: Int64
    let hash: SecretHash
    let account: Int64
    let created: Timestamp
    var lastSeen: Timestamp
    let address: String
    /// What the browser called itself.
    let agent: String
}
