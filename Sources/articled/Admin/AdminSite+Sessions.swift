import Core
import Hummingbird

struct AdminSessionLine: Sendable {
    let id: Int64
    let account: String
    let address: String
    let agent: String
    let created: MomentText
    let lastSeen: MomentText
    /// The one that looks at the list.
    let isOwn: Bool
}

struct AdminSessionList: Sendable {
    let frame: AdminFrame
    let sessions: [AdminSessionLine]
}

extension AdminSite {
    func addSessionRoutes(to router: some RouterMethods<AppRequestContext>) {
        route(router, "/admin/sessions", .admin, get: listSessions)
        route(
            router, "/admin/sessions/:id/end", .viewer, get: { _ in .seeOther("/admin/sessions/") }, post: endSession)
    }

    func sessionLines(_ visit: AdminVisit, of name: String? = nil) -> [AdminSessionLine] {
        let now = Timestamp.now
        return accounts.sessions().filter { name == nil || $0.account == name }.map { session, account in
            AdminSessionLine(
                id: session.id, account: account, address: session.address,
                agent: session.agent.isEmpty ? "unknown" : session.agent,
                created: MomentText(session.created, now: now), lastSeen: MomentText(session.lastSeen, now: now),
                isOwn: session.id == visit.session)
        }
    }

    @Sendable private func listSessions(_ visit: AdminVisit) async throws -> Response {
        renderer.page(
            "sessions", AdminSessionList(frame: visit.frame("Sessions"), sessions: sessionLines(visit)))
    }

    /// Admins may end every session, everybody else their own.
    @Sendable private func endSession(_ visit: AdminVisit) async throws -> Response {
        let id = try visit.id()
        let isOwn = accounts.sessions().contains { $0.session.id == id && $0.account == visit.principal.name }
        if !isOwn { try visit.principal.require(.admin) }
        guard try await accounts.endSession(id, action: .sessionEnded, by: visit.actor) else {
            throw ServiceError(.notFound, "The session has ended already.")
        }
        return .seeOther(
            visit.form?["back"] == "account" ? "/admin/account/?done=ended" : "/admin/sessions/?done=ended")
    }
}
