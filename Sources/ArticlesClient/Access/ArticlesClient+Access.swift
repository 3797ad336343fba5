public import Core
import NIOHTTP1

/// Who a client's credential stands for.
public struct Identity: Sendable, Hashable {
    /// The account's, or the token's.
    public let name: String
    /// `viewer`, `editor` or `admin`.
    public let role: String
    /// What was shown: `local token`, `token`, `session` or `password`.
    public let credential: String
}

/// Somebody who may log in.
public struct AccountInfo: Sendable, Hashable {
    /// What is typed at the login; no two accounts have the same.
    public let name: String
    /// `viewer`, `editor` or `admin`.
    public let role: String
    /// When the account was made.
    public let created: Timestamp
    /// `nil` before the first.
    public let lastLogin: Timestamp?
}

/// A credential for programs.
public struct TokenInfo: Sendable, Hashable {
    /// Never used again, unlike the name.
    public let id: Int64
    /// What it is for, in its owner's words; what it posts is by this author.
    public let name: String
    /// `viewer`, `editor` or `admin`.
    public let role: String
    /// The account that made it.
    public let createdBy: String
    /// `nil` means that it does not expire.
    public let expires: Timestamp?
    /// To within a minute; `nil` before the first time.
    public let lastUsed: Timestamp?
}

extension ArticlesClient {
    /// Who the credential stands for.
    public func whoAmI() async throws(ClientError) -> Identity {
        let answer = try await call(.GET, "/api/whoami")
        return try decode(answer) { json throws(JSONShapeError) in
            let object = try JSONObject(json, path: "answer")
            return Identity(
                name: try object.string("name"), role: try object.string("role"),
                credential: try object.string("credential"))
        }
    }

    // MARK: - Accounts, for admins

    /// All accounts.
    public func accounts() async throws(ClientError) -> [AccountInfo] {
        try decodeResults(try await call(.GET, "/api/accounts/")) { object throws(JSONShapeError) in
            AccountInfo(
                name: try object.string("name"), role: try object.string("role"),
                created: try object.timestamp("created"), lastLogin: try object.optionalTimestamp("last_login"))
        }
    }

    /// Adds an account.
    ///
    /// - Parameters:
    ///   - name: what is typed at the login.
    ///   - role: `viewer`, `editor` or `admin`.
    ///   - password: the server refuses one that is short or well known.
    public func addAccount(_ name: String, role: String, password: String) async throws(ClientError) {
        let members = [("name", name), ("role", role), ("password", password)]
        _ = try await call(.POST, "/api/accounts/", body: Self.object(members))
    }

    /// Changes an account; a new password ends its logins.
    ///
    /// - Parameters:
    ///   - name: the account's.
    ///   - role: the new one; `nil` leaves it.
    ///   - password: the new one; `nil` leaves it.
    public func changeAccount(_ name: String, role: String? = nil, password: String? = nil) async throws(ClientError) {
        let members = [("role", role), ("password", password)].compactMap { name, value in value.map { (name, $0) } }
        _ = try await call(.PATCH, "/api/accounts/\(Self.escaped(name))/", body: Self.object(members))
    }

    /// Removes an account: its logins and open feeds end, tokens that it has made stay.
    public func removeAccount(_ name: String) async throws(ClientError) {
        _ = try await call(.DELETE, "/api/accounts/\(Self.escaped(name))/")
    }

    // MARK: - Tokens, for admins

    /// All tokens, without their texts.
    public func tokens() async throws(ClientError) -> [TokenInfo] {
        try decodeResults(try await call(.GET, "/api/tokens/")) { object throws(JSONShapeError) in
            TokenInfo(
                id: try object.integer("id"), name: try object.string("name"), role: try object.string("role"),
                createdBy: try object.string("created_by"), expires: try object.optionalTimestamp("expires"),
                lastUsed: try object.optionalTimestamp("last_used"))
        }
    }

    /// Creates a token and returns its text, which can't be had again.
    ///
    /// - Parameters:
    ///   - name: what it is for.
    ///   - role: `viewer`, `editor` or `admin`.
    ///   - expires: `nil` means never.
    public func createToken(_ name: String, role: String, expires: Timestamp?) async throws(ClientError) -> String {
        var members = [("name", name), ("role", role)]
        if let expires { members.append(("expires", expires.description)) }
        let answer = try await call(.POST, "/api/tokens/", body: Self.object(members))
        return try decode(answer) { json throws(JSONShapeError) in
            try JSONObject(json, path: "token").string("token")
        }
    }

    /// Takes a token back: the next request with it is refused, and feeds that it let in end.
    ///
    /// - Parameter nameOrID: of the token.
    public func revokeToken(_ nameOrID: String) async throws(ClientError) {
        _ = try await call(.DELETE, "/api/tokens/\(Self.escaped(nameOrID))/")
    }

    // MARK: - Topics

    /// The topics with most articles, and how many they have.
    public func topics() async throws(ClientError) -> [(topic: String, count: Int64)] {
        try decodeResults(try await call(.GET, "/api/topics/")) { object throws(JSONShapeError) in
            (try object.string("topic"), try object.integer("count"))
        }
    }

    private static func object(_ members: [(String, String)]) -> [UInt8] {
        JSONValue.object(members.map { JSONMember($0.0, .string($0.1)) }).bytes
    }

    private static func escaped(_ text: String) -> String {
        QueryString.encode([("", text)]).dropFirst(2).description
    }

    private func decodeResults<Value>(
        _ answer: Answer, _ read: (JSONObject) throws(JSONShapeError) -> Value
    ) throws(ClientError) -> [Value] {
        try decode(answer) { json throws(JSONShapeError) in
            guard let results = json["results"]?.arrayValue else {
                throw JSONShapeError(path: "results", reason: "is missing or is not an array")
            }
            var values: [Value] = []
            for element in results { values.append(try read(try JSONObject(element, path: "result"))) }
            return values
        }
    }
}
