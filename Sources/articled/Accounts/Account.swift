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
    /// The machine's, and the address of a form.
    private static let reserved: Set = [localName, "add"]

    /// Checks a name for an account or a token: what a log, a header or a URL can show as it is.
    ///
    /// - Throws: ``ServiceError`` `unprocessable`.
    static func checkName(_ name: String, field: String = "name") throws(ServiceError) {
        func isLetter(_ byte: UInt8) -> Bool {
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
        }
        let isAllowed = name.utf8.allSatisfy { byte in
            isLetter(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || ".-_@+".utf8.contains(byte)
        }
        // Begun with a digit it could be a token's number, with a dot a step in a path.
        guard isAllowed, let first = name.utf8.first, isLetter(first), name.utf8.count <= 64 else {
            throw ServiceError(invalid: [
                FieldError(
                    field: field,
                    message: "must be a letter of a–z and at most 63 more letters, digits and the signs . - _ @ +")
            ])
        }
        guard !reserved.contains(name.lowercased()) else {
            throw ServiceError(invalid: [FieldError(field: field, message: "is taken by the program; choose another")])
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
