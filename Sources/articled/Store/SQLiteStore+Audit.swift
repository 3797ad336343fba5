import Core
import GRDB

extension SQLiteStore {
    /// Lines of the audit log, newest first.
    func audit(_ query: AuditQuery) async throws -> [AuditEntry] {
        var conditions: [String] = []
        var arguments = StatementArguments()
        if let account = query.account {
            conditions.append("audit.account = ? COLLATE NOCASE")
            arguments += [account]
        }
        if let article = query.article {
            conditions.append("audit.article = ?")
            arguments += [article]
        }
        if let action = query.action {
            conditions.append("audit.action = ?")
            arguments += [action.rawValue]
        }
        if let before = query.before {
            conditions.append("audit.id < ?")
            arguments += [before]
        }
        let filter = conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND ")
        let sql = """
            SELECT audit.id, at, account, address, action, article, coalesce(subject, articles.title) AS subject, detail
            FROM audit LEFT JOIN articles ON articles.id = audit.article \(filter) ORDER BY audit.id DESC LIMIT ?
            """
        let allArguments = arguments + [query.limit]
        return try await database.read { database in
            try Row.fetchAll(database, sql: sql, arguments: allArguments).compactMap { row in
                // A newer version may have known more.
                guard let action = AuditAction(rawValue: row["action"]) else { return nil }
                return AuditEntry(
                    id: row["id"], at: Timestamp(milliseconds: row["at"]),
                    actor: AuditActor(name: row["account"], address: row["address"]), action: action,
                    article: row["article"], subject: row["subject"], detail: row["detail"])
            }
        }
    }

    /// Adds a line, in a transaction of its own.
    func record(_ record: AuditRecord, at now: Timestamp) async throws {
        try await database.write { try Self.record(record, at: now, $0) }
    }

    static func record(_ record: AuditRecord, at now: Timestamp, _ database: Database) throws {
        let rows = RowInsertion(database, auditInsertion, columns: 7)
        rows.add(record, at: now)
        try rows.flush()
    }

    static let auditInsertion = "INSERT INTO audit (at, account, address, action, article, subject, detail)"
}

extension RowInsertion {
    /// Collects a line of the audit log.
    func add(_ record: AuditRecord, at now: Timestamp) {
        integer(now.milliseconds)
        text(record.actor.name)
        text(record.actor.address)
        text(record.action.rawValue)
        if let article = record.article { integer(article) } else { null() }
        text(record.subject)
        text(record.detail)
    }
}
