import Core
import Hummingbird

struct AdminAuditLine: Sendable {
    let at: MomentText
    let account: String
    let address: String
    let action: String
    let article: Int64?
    let subject: String
    let detail: String

    init(_ entry: AuditEntry, now: Timestamp) {
        at = MomentText(entry.at, now: now)
        account = entry.actor.name.isEmpty ? "somebody" : entry.actor.name
        address = entry.actor.address.isEmpty ? "this machine" : entry.actor.address
        action = entry.action.rawValue
        article = entry.article
        subject = entry.subject ?? ""
        detail = entry.detail ?? ""
    }
}

struct AdminAuditPage: Sendable {
    let frame: AdminFrame
    let account: String
    let actions: [AdminChoice]
    let entries: [AdminAuditLine]
    let isEmpty: Bool
    let older: String?
}

extension AdminSite {
    private static let linesOfPage = 100

    @Sendable func audit(_ visit: AdminVisit) async throws -> Response {
        var query = AuditQuery(limit: Self.linesOfPage + 1)
        query.account = visit.query("account").flatMap { $0.isEmpty ? nil : $0 }
        query.action = visit.query("action").flatMap(AuditAction.init)
        query.before = visit.query("before").flatMap { Int64($0) }
        var entries = try await store.audit(query)
        var older: String?
        if entries.count > Self.linesOfPage {
            entries.removeLast()
            var items: [(name: String, value: String)] = [("before", String(entries.last?.id ?? 0))]
            if let account = query.account { items.append(("account", account)) }
            if let action = query.action { items.append(("action", action.rawValue)) }
            older = "/admin/audit/" + QueryString.encode(items)
        }
        let now = Timestamp.now
        return renderer.page(
            "audit",
            AdminAuditPage(
                frame: visit.frame("Audit log"), account: query.account ?? "",
                actions: AuditAction.allCases.map {
                    AdminChoice(value: $0.rawValue, label: $0.rawValue, isChosen: $0 == query.action)
                }, entries: entries.map { AdminAuditLine($0, now: now) }, isEmpty: entries.isEmpty, older: older))
    }
}
