import Core
import Foundation
import GRDB

/// Accounts, tokens and sessions as they are in the store.
struct StoredCredentials: Sendable {
    var accounts: [Account] = []
    var tokens: [APIToken] = []
    var sessions: [Session] = []
}

extension SQLiteStore {
    /// All of them.
    func credentials() throws -> StoredCredentials {
        try database.read { database in
            StoredCredentials(
                accounts: try Row.fetchAll(database, sql: "SELECT * FROM accounts ORDER BY id").map(Self.account),
                tokens: try Row.fetchAll(database, sql: "SELECT * FROM tokens ORDER BY id").map(Self.token),
                sessions: try Row.fetchAll(database, sql: "SELECT * FROM sessions ORDER BY id").map(Self.session))
        }
    }

    /// Changes accounts, tokens or sessions in one transaction, together with the lines of the audit log that say so.
    ///
    /// - Parameters:
    ///   - change: makes the change and returns what became of it.
    ///   - onCommit: called as soon as the change is durable, in the order of the transactions.
    /// - Throws: ``ServiceError``: what `change` throws, or `unavailable` if the store can't be written.
    @discardableResult
    func changeCredentials<Result: Sendable>(
        _ change: @escaping @Sendable (Database) throws -> Result,
        onCommit: @escaping @Sendable (Result) -> Void = { _ in }
    ) async throws -> Result {
        do {
            return try await database.write { database in
                let result = try change(database)
                database.afterNextTransaction { _ in onCommit(result) }
                return result
            }
        } catch let error as DatabaseError where error.resultCode == .SQLITE_CONSTRAINT {
            throw ServiceError(.conflict, "There is one of that name already.", cause: error)
        } catch let error as DatabaseError {
            throw ServiceError(
                .unavailable, "This could not be stored: the server's disk may be full or read-only.", retryAfter: 1,
                cause: error)
        }
    }

    private static func account(_ row: Row) throws -> Account {
        Account(
            id: row["id"], name: row["name"], role: try role(row), password: PasswordHash(stored: row["password"]),
            created: Timestamp(milliseconds: row["created"]),
            lastLogin: (row["last_login"] as Int64?).map(Timestamp.init(milliseconds:)))
    }

    private static func token(_ row: Row) throws -> APIToken {
        APIToken(
            id: row["id"], name: row["name"], role: try role(row), hash: try hash(row),
            created: Timestamp(milliseconds: row["created"]), createdBy: row["created_by"],
            expires: (row["expires"] as Int64?).map(Timestamp.init(milliseconds:)),
            lastUsed: (row["last_used"] as Int64?).map(Timestamp.init(milliseconds:)))
    }

    private static func session(_ row: Row) throws -> Session {
        Session(
            id: row["id"], hash: try hash(row), account: row["account"],
            created: Timestamp(milliseconds: row["created"]), lastSeen: Timestamp(milliseconds: row["last_seen"]),
            address: row["address"], agent: row["agent"])
    }

    private static func role(_ row: Row) throws -> Role {
        let name: String = row["role"]
        guard let role = Role(rawValue: name) else {
            throw StoreError(code: .corrupt, message: "The store has a role of unknown name \"\(name)\".")
        }
        return role
    }

    private static func hash(_ row: Row) throws -> SecretHash {
        guard let hash = SecretHash(stored: row["hash"]) else {
            throw StoreError(code: .corrupt, message: "The store has a token or session whose hash is damaged.")
        }
        return hash
    }
}
