import Core
import Foundation
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
        let agent = String(agent.prefix(300))
        let id = try await change { state throws(ServiceError) in
            // It may have been taken back since the password was checked.
            guard var owner = state.accounts[account.id], owner.password == account.password else {
                throw ServiceError(.unauthorized, "The account or its password was changed meanwhile.")
            }
            var ended = state.sessions(ofAccount: owner.id).map(\.id).sorted(by: >).dropFirst(
                limits.sessionsPerAccount - 1)
            if let previous = previous.flatMap({ state.sessionsByHash[$0.hash] }), !ended.contains(previous) {
                ended.append(previous)
            }
            owner.lastLogin = now
            let session = Session(
                id: state.lastSession + 1, hash: secret.hash, account: owner.id, created: now, lastSeen: now,
                address: address, agent: agent)
            let record = AuditRecord(actor: AuditActor(name: owner.name, address: address), action: .login)
            let change = CredentialChange(
                updates: ended.map { .sessionRemoved($0) } + [.session(session), .account(owner)], audit: [record],
                at: now)
            return (change, session.id)
        }
        return OpenedSession(
            principal: Principal(name: account.name, role: account.role, credential: .session(id: id)), secret: secret)
    }

    /// Ends a session; false if there is none of that id.
    @discardableResult
    func endSession(_ id: Int64, action: AuditAction, by actor: AuditActor) async throws -> Bool {
        guard let (session, owner) = sessions().first(where: { $0.session.id == id }) else { return false }
        return try await change { state in
            guard state.sessions[id] != nil else { return (CredentialChange(), false) }
            let record = AuditRecord(
                actor: actor, action: action, subject: action == .logout ? nil : owner,
                detail: action == .logout ? nil : "from \(session.address)")
            return (CredentialChange(updates: [.sessionRemoved(id)], audit: [record]), true)
        }
    }

    /// Ends what has expired, and writes down when sessions and tokens were last used.
    func tidy(at now: Timestamp = .now) async throws {
        let (sessions, tokens) = try await change { state in
            let expired = state.sessions.values.filter { !isAlive($0, at: now) }.map(\.id)
            let sessions = state.touchedSessions.subtracting(expired).compactMap { state.sessions[$0] }
            let tokens = state.touchedTokens.compactMap { state.tokens[$0] }
            let updates: [CredentialUpdate] =
                expired.map { .sessionRemoved($0) } + sessions.map { .session($0) } + tokens.map { .token($0) }
            return (CredentialChange(updates: updates), (sessions.map(\.id), tokens.map(\.id)))
        }
        state.withLock { state in
            state.touchedSessions.subtract(sessions)
            state.touchedTokens.subtract(tokens)
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
