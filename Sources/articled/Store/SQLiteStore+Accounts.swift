import Core
import Foundation
import GRDB
import Synchronization

extension SQLiteStore {
    /// All accounts, tokens and sessions.
    func credentials() throws -> StoredCredentials? {
        let version = credentialVersion.withLock { $0.number }
        return try database.read { database in
            func last(_ table: String) throws -> Int64 {
                try Int64.fetchOne(
                    database, sql: "SELECT seq FROM sqlite_sequence WHERE name = ?", arguments: [table]) ?? 0
            }
            return StoredCredentials(
                accounts: try Row.fetchAll(database, sql: "SELECT * FROM accounts ORDER BY id").map(Self.account),
                tokens: try Row.fetchAll(database, sql: "SELECT * FROM tokens ORDER BY id").map(Self.token),
                sessions: try Row.fetchAll(database, sql: "SELECT * FROM sessions ORDER BY id").map(Self.session),
                lastAccount: try last("accounts"), lastToken: try last("tokens"), lastSession: try last("sessions"),
                version: version)
        }
    }

    func followCredentials(_ follower: @escaping @Sendable (CredentialNews) -> Void) {
        credentialVersion.withLock { $0.follower = follower }
    }

    func store(_ change: CredentialChange, ifVersion version: Int64) async throws -> Bool {
        do {
            return try await database.write { [credentialVersion] database in
                guard credentialVersion.withLock({ $0.number }) == version else { return false }
                for update in change.updates { try Self.write(update, database) }
                for record in change.audit { try Self.record(record, at: change.at, database) }
                database.afterNextTransaction { _ in
                    let follower = credentialVersion.withLock { state in
                        state.number = version + 1
                        return state.follower
                    }
                    follower?(.changed(change.updates, version: version + 1))
                }
                return true
            }
        } catch let error as DatabaseError {
            throw ServiceError(
                .unavailable, "This could not be stored: the server's disk may be full or read-only.", retryAfter: 1,
                cause: error)
        }
    }

    private static func write(_ update: CredentialUpdate, _ database: Database) throws {
        switch update {
        case .account(let account, _):
            try database.execute(
                sql: """
                    INSERT INTO accounts (id, name, role, password, created, last_login) VALUES (?, ?, ?, ?, ?, ?)
                    ON CONFLICT (id) DO UPDATE SET name = excluded.name, role = excluded.role,
                        password = excluded.password, last_login = excluded.last_login
                    """,
                arguments: [
                    account.id, account.name, account.role.rawValue, account.password.text,
                    account.created.milliseconds, account.lastLogin?.milliseconds,
                ])
        case .token(let token):
            try database.execute(
                sql: """
                    INSERT INTO tokens (id, name, role, hash, created, created_by, expires, last_used)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                    ON CONFLICT (id) DO UPDATE SET last_used = excluded.last_used
                    """,
                arguments: [
                    token.id, token.name, token.role.rawValue, token.hash.bytes, token.created.milliseconds,
                    token.createdBy, token.expires?.milliseconds, token.lastUsed?.milliseconds,
                ])
        case .session(let session):
            try database.execute(
                sql: """
                    INSERT INTO sessions (id, hash, account, created, last_seen, address, agent)
                    VALUES (?, ?, ?, ?, ?, ?, ?)
                    ON CONFLICT (id) DO UPDATE SET last_seen = excluded.last_seen
                    """,
                arguments: [
                    session.id, session.hash.bytes, session.account, session.created.milliseconds,
                    session.lastSeen.milliseconds, session.address, session.agent,
                ])
        case .accountRemoved(let id): try database.execute(sql: "DELETE FROM accounts WHERE id = ?", arguments: [id])
        case .tokenRemoved(let id): try database.execute(sql: "DELETE FROM tokens WHERE id = ?", arguments: [id])
        case .sessionRemoved(let id): try database.execute(sql: "DELETE FROM sessions WHERE id = ?", arguments: [id])
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

/// How many changes of accounts, tokens and sessions this process has made, and who is told of them.
final class SharedCredentialVersion: Sendable {
    struct State: Sendable {
        var number: Int64 = 0
        var follower: (@Sendable (CredentialNews) -> Void)?
    }

    private let state = Mutex(State())

    func withLock<Result: Sendable>(_ body: (inout sending State) -> sending Result) -> Result {
        state.withLock(body)
    }
}

// Of one process: they need not outlive it.
extension SQLiteStore {
    func keep(_ ticket: SecretHash, of principal: Principal) async throws { try tickets.keep(ticket, of: principal) }
    func redeem(_ ticket: SecretHash) async throws -> Principal? { tickets.redeem(ticket) }
}
