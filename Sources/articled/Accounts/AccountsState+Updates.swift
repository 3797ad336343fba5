import Core

/// What the store tells.
extension AccountsState {
    /// Takes up one row.
    ///
    /// - Returns: what has been taken back by it.
    mutating func apply(_ update: CredentialUpdate) -> Set<Credential> {
        switch update {
        case .account(let account, let revokes):
            lastAccount = max(lastAccount, account.id)
            let isDemoted = accounts[account.id].map { account.role < $0.role } ?? false
            insert(account)
            if isDemoted { return credentials(ofAccount: account.id) }
            return revokes ? [.password(account: account.id)] : []
        case .accountRemoved(let id):
            let revoked = credentials(ofAccount: id)
            for session in sessions(ofAccount: id) { removeSession(session.id) }
            removeAccount(id)
            return revoked
        case .token(var token):
            lastToken = max(lastToken, token.id)
            if let known = tokens[token.id]?.lastUsed, known > token.lastUsed ?? known { token.lastUsed = known }
            insert(token)
            return []
        case .tokenRemoved(let id):
            removeToken(id)
            return [.token(id: id)]
        case .session(var session):
            lastSession = max(lastSession, session.id)
            // Used here since.
            if let known = sessions[session.id]?.lastSeen { session.lastSeen = max(known, session.lastSeen) }
            insert(session)
            return []
        case .sessionRemoved(let id):
            removeSession(id)
            return [.session(id: id)]
        }
    }

    /// Takes up everything as it is now.
    ///
    /// - Returns: what has been taken back meanwhile.
    mutating func replace(with stored: StoredCredentials) -> Set<Credential> {
        let before = self
        self = AccountsState(stored)
        var revoked: Set<Credential> = []
        for id in before.tokens.keys where tokens[id]?.hash != before.tokens[id]?.hash {
            revoked.insert(.token(id: id))
        }
        for id in before.sessions.keys where sessions[id]?.hash != before.sessions[id]?.hash {
            revoked.insert(.session(id: id))
        }
        for (id, old) in before.accounts {
            let account = accounts[id]
            if account?.password != old.password { revoked.insert(.password(account: id)) }
            if let account, account.role < old.role { revoked.formUnion(before.credentials(ofAccount: id)) }
        }
        touchedTokens = before.touchedTokens.intersection(tokens.keys)
        touchedSessions = before.touchedSessions.intersection(sessions.keys)
        for id in touchedTokens { tokens[id]?.lastUsed = before.tokens[id]?.lastUsed }
        for id in touchedSessions {
            if let known = before.sessions[id]?.lastSeen { sessions[id]?.lastSeen = known }
        }
        return revoked
    }
}
