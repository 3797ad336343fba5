import Core

extension RedisStore {
    private var auditLimits: [String] {
        [String(limits.maxAuditEntries), String(limits.maxAuditAge)]
    }

    func record(_ record: AuditRecord, at now: Timestamp) async throws {
        let texts =
            [time(now)] + auditLimits + [
                record.actor.name, record.actor.address, record.action.rawValue,
                record.article.map { String($0) } ?? "",
                record.subject ?? "", record.detail ?? "",
            ]
        let call = RedisScript.record.call(
            keys: [keys.meta, keys.audit, keys.auditByArticle], texts.map { Array($0.utf8) })
        _ = try await ask { try $0.perform(call) }
    }

    func audit(_ query: AuditQuery) async throws -> [AuditEntry] {
        try await ask { [self] link in
            var found: [AuditEntry] = []
            var before = query.before
            let size = max(query.limit, 200)
            while found.count < query.limit {
                let entries =
                    if let article = query.article {
                        try lines(of: article, before: before, count: size, link)
                    } else {
                        try link.perform(
                            command(
                                "XREVRANGE", keys.audit, before.map { "(\($0)-0" } ?? "+", "-", "COUNT", String(size))
                        ).array ?? []
                    }
                for entry in entries {
                    guard found.count < query.limit, let line = try RedisRecords.auditEntry(entry) else { continue }
                    if let account = query.account, account.lowercased() != line.actor.name.lowercased() { continue }
                    if let action = query.action, action != line.action { continue }
                    found.append(line)
                }
                guard entries.count == size, let last = entries.last?.array?.first.flatMap(RedisRecords.number) else {
                    break
                }
                before = last
            }
            return try withTitles(found, link)
        }
    }

    /// An article's lines, newest first.
    private func lines(
        of article: Int64, before: Int64?, count: Int, _ link: RedisLink
    ) throws(RedisError) -> [RedisReply] {
        // An article has few lines; those before one of them are found by looking.
        let reply = try link.perform(
            command("ZREVRANGEBYSCORE", keys.auditByArticle, String(article), String(article)))
        let numbers = (reply.array ?? []).compactMap(\.integer).filter { $0 < before ?? .max }.prefix(count)
        guard !numbers.isEmpty else { return [] }
        return try Self.ask(
            link, numbers.map { command("XRANGE", keys.audit, "\($0)-0", "\($0)-0") }
        ).compactMap { $0.array?.first }
    }

    /// The line of an article's creation does not repeat its title: it is found at the article.
    private func withTitles(_ entries: [AuditEntry], _ link: RedisLink) throws(RedisError) -> [AuditEntry] {
        let ids = Set(entries.filter { $0.subject == nil }.compactMap(\.article))
        guard !ids.isEmpty else { return entries }
        let order = Array(ids)
        let reply = try link.perform(
            RedisCommand([Array("HMGET".utf8), keys.articles] + order.map { Array(String($0).utf8) }))
        var titles: [Int64: String] = [:]
        for (id, record) in zip(order, reply.array ?? []) {
            if let bytes = record.bytes { titles[id] = try RedisRecords.article(id: id, bytes).article.title }
        }
        return entries.map { entry in
            guard entry.subject == nil, let title = entry.article.flatMap({ titles[$0] }) else { return entry }
            return AuditEntry(
                id: entry.id, at: entry.at, actor: entry.actor, action: entry.action, article: entry.article,
                subject: title, detail: entry.detail)
        }
    }
}
