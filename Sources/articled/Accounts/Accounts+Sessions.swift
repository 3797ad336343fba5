import Core
import Foundation
import GRDB
import Synchronization

/// Browsers that are logged in, and what becomes of all that expires.
extension Accounts {
    /// A session that has just begun.
    struct OpenedSession: Sendable {
        let principal: Principal
        let secret: Secret
    }

    /// Begins a session for an account whose password was right.
    ///
    /// - Parameter replacing: the session that the browser had before: it ends, so that nobody who planted it shares
    ///   this one.
    func openSession(
        for name: String, replacing previous: Secret?, address: String, agent: String
    ) async throws -> OpenedSession {
        guard let account = account(named: name) else {
            throw ServiceError(.unauthorized, "The account was removed.")
        }
        let secret = Secret()
        let now = Timestamp.now
        let previousID = previous.flatMap { previous in state.withLock { $0.sessionsByHash[previous.hash] } }
        let limit = limits.sessionsPerAccount
        let agent = String(agent.prefix(300))
        let (id, _) = try await store.changeCredentials { database -> (Int64, [Int64]) in
            // It may have been taken back since the password was checked.
            guard
                try Int.fetchOne(
                    database, sql: "SELECT 1 FROM accounts WHERE id = ? AND password = ?",
                    arguments: [account.id, account.password.text]) != nil
            else { throw ServiceError(.unauthorized, "The account or its password was changed meanwhile.") }
            var ended = try Int64.fetchAll(
                database,
                sql: "SELECT id FROM sessions WHERE account = ? ORDER BY id DESC LIMIT -1 OFFSET ?",
                arguments: [account.id, limit - 1])
            if let previousID { ended.append(previousID) }
            for id in ended { try database.execute(sql: "DELETE FROM sessions WHERE id = ?", arguments: [id]) }
            try database.execute(
                sql: """
                    INSERT INTO sessions (hash, account, created, last_seen, address, agent) VALUES (?, ?, ?, ?, ?, ?)
                    """,
                arguments: [secret.hash.bytes, account.id, now.milliseconds, now.milliseconds, address, agent])
            let id = database.lastInsertedRowID
            try database.execute(
                sql: "UPDATE accounts SET last_login = ? WHERE id = ?", arguments: [now.milliseconds, account.id])
            try SQLiteStore.record(
                AuditRecord(actor: AuditActor(name: account.name, address: address), action: .login), at: now, database)
            return (id, ended)
        } onCommit: { [self] id, ended in
            state.withLock { state in
                for id in ended { state.removeSession(id) }
                state.insert(
                    Session(
                        id: id, hash: secret.hash, account: account.id, created: now, lastSeen: now, address: address,
                        agent: agent))
                state.accounts[account.id]?.lastLogin = now
            }
            announce(Set(ended.map { .session(id: $0) }))
        }
        return OpenedSession(
            principal: Principal(name: account.name, role: account.role, credential: .session(id: id)), secret: secret)
    }

    /// Ends a session; false if there is none of that id.
    @discardableResult
    func endSession(_ id: Int64, action: AuditAction, by actor: AuditActor) async throws -> Bool {
        guard let (session, owner) = sessions().first(where: { $0.session.id == id }) else { return false }
        try await store.changeCredentials { database in
            try database.execute(sql: "DELETE FROM sessions WHERE id = ?", arguments: [id])
            try SQLiteStore.record(
                AuditRecord(
                    actor: actor, action: action, subject: action == .logout ? nil : owner,
                    detail: action == .logout ? nil : "from \(session.address)"), at: .now, database)
        } onCommit: { [self] in
            state.withLock { $0.removeSession(id) }
            announce([.session(id: id)])
        }
        return true
    }

    /// Ends what has expired, and writes down when sessions and tokens were last used.
    func tidy(at now: Timestamp = .now) async throws {
        let (expired, sessions, tokens) = state.withLock { state in
            (
                state.sessions.values.filter { !isAlive($0, at: now) }.map(\.id),
                state.touchedSessions.compactMap { state.sessions[$0] },
                state.touchedTokens.compactMap { state.tokens[$0] }
            )
        }
        guard !expired.isEmpty || !sessions.isEmpty || !tokens.isEmpty else { return }
        try await store.changeCredentials { database in
            for id in expired { try database.execute(sql: "DELETE FROM sessions WHERE id = ?", arguments: [id]) }
            for session in sessions {
                try database.execute(
                    sql: "UPDATE sessions SET last_seen = ? WHERE id = ?",
                    arguments: [session.lastSeen.milliseconds, session.id])
            }
            for token in tokens {
                try database.execute(
                    sql: "UPDATE tokens SET last_used = ? WHERE id = ?",
                    arguments: [token.lastUsed?.milliseconds, token.id])
            }
        } onCommit: { [self] in
            state.withLock { state in
                for id in expired { state.removeSession(id) }
                state.touchedSessions.subtract(sessions.map(\.id))
                state.touchedTokens.subtract(tokens.map(\.id))
            }
        }
    }

    /// Tells those who were let in by something that has expired since a moment.
    func announceExpired(after: Timestamp, upTo now: Timestamp) {
        let expired = state.withLock { state -> Set<Credential> in
            let tokens = state.tokens.values.filter { !$0.isExpired(at: after) && $0.isExpired(at: now) }
            let sessions = state.sessions.values.filter { isAlive($0, at: after) && !isAlive($0, at: now) }
            return Set(tokens.map { .token(id: $0.id) }).union(sessions.map { .session(id: $0.id) })
        }
        announce(expired)
    }
}
