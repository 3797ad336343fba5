import Core
import Foundation

/// Accounts, tokens, sessions and one-time admissions as JSON objects.
extension RedisRecords {
    /// What the script `credentials` gets of one row: kind, id, JSON (empty if it is removed), and 1 if it revokes.
    static func row(_ update: CredentialUpdate) -> [[UInt8]] {
        func row(_ kind: String, _ id: Int64, _ json: [UInt8] = [], revokes: Bool = false) -> [[UInt8]] {
            [Array(kind.utf8), Array(String(id).utf8), json, [UInt8(ascii: revokes ? "1" : "0")]]
        }
        switch update {
        case .account(let account, let revokes): return row("a", account.id, json(account), revokes: revokes)
        case .accountRemoved(let id): return row("a", id)
        case .token(let token): return row("t", token.id, json(token))
        case .tokenRemoved(let id): return row("t", id)
        case .session(let session): return row("s", session.id, json(session))
        case .sessionRemoved(let id): return row("s", id)
        }
    }

    /// Reads an entry of the stream of changes: names such as `a05` (kind, whether it revokes, id) and JSON by turns.
    static func updates(_ entry: RedisReply) throws(RedisError) -> [CredentialUpdate] {
        guard let parts = entry.array, parts.count == 2, let fields = parts[1].array else {
            throw .unexpected("a change without rows")
        }
        var updates: [CredentialUpdate] = []
        for index in stride(from: 0, to: fields.count - 1, by: 2) {
            guard let name = fields[index].text, let json = fields[index + 1].bytes, name.count >= 3,
                let id = Int64(name.dropFirst(2))
            else { throw .unexpected("a change is damaged") }
            let revokes = name.dropFirst().first == "1"
            switch (name.first, json.isEmpty) {
            case ("a", true): updates.append(.accountRemoved(id))
            case ("a", false): updates.append(.account(try account(json), revokes: revokes))
            case ("t", true): updates.append(.tokenRemoved(id))
            case ("t", false): updates.append(.token(try token(json)))
            case ("s", true): updates.append(.sessionRemoved(id))
            case ("s", false): updates.append(.session(try session(json)))
            default: throw .unexpected("a change of an unknown kind")
            }
        }
        return updates
    }

    private static func json(_ account: Account) -> [UInt8] {
        JSONValue.object([
            JSONMember("id", .integer(account.id)), JSONMember("name", .string(account.name)),
            JSONMember("role", .string(account.role.rawValue)), JSONMember("password", .string(account.password.text)),
            JSONMember("created", .integer(account.created.milliseconds)),
            JSONMember("last_login", account.lastLogin.map { .integer($0.milliseconds) } ?? .null),
        ]).bytes
    }

    private static func json(_ token: APIToken) -> [UInt8] {
        JSONValue.object([
            JSONMember("id", .integer(token.id)), JSONMember("name", .string(token.name)),
            JSONMember("role", .string(token.role.rawValue)),
            JSONMember("hash", .string(token.hash.bytes.base64EncodedString())),
            JSONMember("created", .integer(token.created.milliseconds)),
            JSONMember("created_by", .string(token.createdBy)),
            JSONMember("expires", token.expires.map { .integer($0.milliseconds) } ?? .null),
            JSONMember("last_used", token.lastUsed.map { .integer($0.milliseconds) } ?? .null),
        ]).bytes
    }

    private static func json(_ session: Session) -> [UInt8] {
        JSONValue.object([
            JSONMember("id", .integer(session.id)),
            JSONMember("hash", .string(session.hash.bytes.base64EncodedString())),
            JSONMember("account", .integer(session.account)),
            JSONMember("created", .integer(session.created.milliseconds)),
            JSONMember("last_seen", .integer(session.lastSeen.milliseconds)),
            JSONMember("address", .string(session.address)), JSONMember("agent", .string(session.agent)),
        ]).bytes
    }

    static func json(_ principal: Principal) -> [UInt8] {
        let (kind, id): (String, Int64) =
            switch principal.credential {
            case .localToken: ("local", 0)
            case .configured(let id): ("configured", id)
            case .token(let id): ("token", id)
            case .session(let id): ("session", id)
            case .password(let id): ("password", id)
            }
        return JSONValue.object([
            JSONMember("name", .string(principal.name)), JSONMember("role", .string(principal.role.rawValue)),
            JSONMember("credential", .string(kind)), JSONMember("id", .integer(id)),
        ]).bytes
    }

    static func account(_ json: [UInt8]) throws(RedisError) -> Account {
        try reading("an account", json) { row in
            Account(
                id: try row.integer("id"), name: try row.string("name"), role: try role(row),
                password: PasswordHash(stored: try row.string("password")),
                created: Timestamp(milliseconds: try row.integer("created")), lastLogin: moment(row, "last_login"))
        }
    }

    static func token(_ json: [UInt8]) throws(RedisError) -> APIToken {
        try reading("a token", json) { row in
            APIToken(
                id: try row.integer("id"), name: try row.string("name"), role: try role(row), hash: try hash(row),
                created: Timestamp(milliseconds: try row.integer("created")), createdBy: try row.string("created_by"),
                expires: moment(row, "expires"), lastUsed: moment(row, "last_used"))
        }
    }

    static func session(_ json: [UInt8]) throws(RedisError) -> Session {
        try reading("a session", json) { row in
            Session(
                id: try row.integer("id"), hash: try hash(row), account: try row.integer("account"),
                created: Timestamp(milliseconds: try row.integer("created")),
                lastSeen: Timestamp(milliseconds: try row.integer("last_seen")), address: try row.string("address"),
                agent: try row.string("agent"))
        }
    }

    static func principal(_ json: [UInt8]) throws(RedisError) -> Principal {
        try reading("a ticket", json) { row in
            let id = try row.integer("id")
            let credential: Credential =
                switch try row.string("credential") {
                case "configured": .configured(id: id)
                case "token": .token(id: id)
                case "session": .session(id: id)
                case "password": .password(account: id)
                default: .localToken
                }
            return Principal(name: try row.string("name"), role: try role(row), credential: credential)
        }
    }

    private static func reading<Row>(
        _ what: String, _ json: [UInt8], _ read: (JSONObject) throws -> Row
    ) throws(RedisError) -> Row {
        do {
            return try read(JSONObject(JSONParser.parse(json), path: what))
        } catch {
            throw .unexpected("\(what) is damaged: \(error)")
        }
    }

    private static func role(_ row: JSONObject) throws -> Role {
        let name = try row.string("role")
        guard let role = Role(rawValue: name) else {
            throw JSONShapeError(path: "role", reason: "must be \(Role.choices), not \(name)")
        }
        return role
    }

    private static func hash(_ row: JSONObject) throws -> SecretHash {
        guard let bytes = Data(base64Encoded: try row.string("hash")), let hash = SecretHash(stored: bytes) else {
            throw JSONShapeError(path: "hash", reason: "must be a SHA-256")
        }
        return hash
    }

    private static func moment(_ row: JSONObject, _ name: String) -> Timestamp? {
        row.value(name)?.integerValue.map(Timestamp.init(milliseconds:))
    }
}
