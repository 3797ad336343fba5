import Core
import Synchronization

/// Who is told of accounts, tokens and sessions, and up to which change they have been.
final class RedisCredentialNews: Sendable {
    private struct State {
        var version: Int64 = 0
        var follower: (@Sendable (CredentialNews) -> Void)?
    }

    private let state = Mutex(State())

    var version: Int64 { state.withLock { $0.version } }

    func follow(_ follower: @escaping @Sendable (CredentialNews) -> Void) {
        state.withLock { $0.follower = follower }
    }

    /// Tells of a change, if it is the next one.
    ///
    /// - Returns: false if some before it are missing.
    func changed(_ updates: [CredentialUpdate], version: Int64) -> Bool {
        // Told under the lock, so that all hear of changes in their order, whoever brings them.
        state.withLock { state in
            guard version == state.version + 1 else { return version <= state.version }
            state.version = version
            state.follower?(.changed(updates, version: version))
            return true
        }
    }

    /// Tells of everything as it is, which may be older than what was known, after a failover.
    func replaced(_ stored: StoredCredentials) {
        state.withLock { state in
            state.version = stored.version
            state.follower?(.replaced(stored))
        }
    }

    /// What a start begins with.
    func began(_ version: Int64) {
        state.withLock { $0.version = version }
    }
}

extension RedisStore {
    func credentials() throws -> StoredCredentials? {
        do {
            let stored = try credentials(RedisLink(configuration, route: route))
            credentialNews.began(stored.version)
            return stored
        } catch RedisError.unreachable, RedisError.broken {
            return nil
        }
    }

    func credentials(_ link: RedisLink) throws(RedisError) -> StoredCredentials {
        let reply = try link.perform(
            RedisScript.accounts.call(keys: [keys.meta, keys.accounts, keys.tokens, keys.sessions]))
        guard let parts = reply.array, parts.count == 4, let numbers = parts[0].array, numbers.count == 4 else {
            throw .unexpected("accounts can't be read")
        }
        func rows<Row>(
            _ reply: RedisReply, _ read: ([UInt8]) throws(RedisError) -> Row
        ) throws(RedisError) -> [Row] {
            var rows: [Row] = []
            for value in reply.array ?? [] { if let bytes = value.bytes { rows.append(try read(bytes)) } }
            return rows
        }
        return StoredCredentials(
            accounts: try rows(parts[1], RedisRecords.account), tokens: try rows(parts[2], RedisRecords.token),
            sessions: try rows(parts[3], RedisRecords.session), lastAccount: numbers[1].integer ?? 0,
            lastToken: numbers[2].integer ?? 0, lastSession: numbers[3].integer ?? 0,
            version: numbers[0].integer ?? 0)
    }

    func followCredentials(_ follower: @escaping @Sendable (CredentialNews) -> Void) {
        credentialNews.follow(follower)
    }

    func store(_ change: CredentialChange, ifVersion version: Int64) async throws -> Bool {
        var arguments = [
            String(version), time(change.at), String(limits.maxAuditEntries), String(limits.maxAuditAge),
            String(change.updates.count),
        ].map { Array($0.utf8) }
        for update in change.updates { arguments += RedisRecords.row(update) }
        for record in change.audit {
            let texts = [
                record.actor.name, record.actor.address, record.action.rawValue, record.subject ?? "",
                record.detail ?? "",
            ]
            arguments += texts.map { Array($0.utf8) }
        }
        let call = RedisScript.credentials.call(
            keys: [
                keys.meta, keys.accounts, keys.tokens, keys.sessions, keys.changes, keys.audit, keys.auditByArticle,
            ], arguments)
        let needed = configuration.minReplicas
        return try await ask { [self] link in
            let (replies, replicas) = try link.perform([call], replicas: needed)
            if let text = replies[0].errorText { throw RedisError.refused(text) }
            guard let made = replies[0].integer, made >= 0 else {
                // Others have changed something that this node has not heard of.
                try catchUpWithChanges(link)
                return false
            }
            if !credentialNews.changed(change.updates, version: made) { try catchUpWithChanges(link) }
            guard replicas >= needed else {
                throw ServiceError(
                    .unavailable,
                    "It was stored, but \(replicas) of \(needed) replicas have it, so that it could still be lost.",
                    retryAfter: 1)
            }
            return true
        }
    }

    /// Tells of the changes that have not been told of.
    func catchUpWithChanges(_ link: RedisLink) throws(RedisError) {
        let reply = try link.perform(
            command("XRANGE", keys.changes, "(\(credentialNews.version)-0", "+", "COUNT", "1000"))
        for entry in reply.array ?? [] where try !takeChange(entry) {
            credentialNews.replaced(try credentials(link))
            return
        }
    }

    /// Takes up an entry of the stream of changes; false if some before it are missing.
    func takeChange(_ entry: RedisReply) throws(RedisError) -> Bool {
        guard let version = entry.array?.first.flatMap(RedisRecords.number) else {
            throw .unexpected("a change without a number")
        }
        return credentialNews.changed(try RedisRecords.updates(entry), version: version)
    }

    // MARK: - One-time admissions

    private static func hex(_ hash: SecretHash) -> String {
        hash.bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }

    func keep(_ ticket: SecretHash, of principal: Principal) async throws {
        let texts = [String(Tickets.lifetime * 1000), String(Tickets.maxTickets)]
        let call = RedisScript.keepTicket.call(
            keys: [keys.tickets, keys.ticketExpiry],
            [Array(Self.hex(ticket).utf8), RedisRecords.json(principal)] + texts.map { Array($0.utf8) })
        let isKept = try await ask { try $0.perform(call).integer == 1 }
        guard isKept else { throw Tickets.tooMany }
    }

    func redeem(_ ticket: SecretHash) async throws -> Principal? {
        let call = RedisScript.redeemTicket.call(
            keys: [keys.tickets, keys.ticketExpiry], Self.hex(ticket))
        return try await ask { try $0.perform(call).bytes.map(RedisRecords.principal) }
    }
}
