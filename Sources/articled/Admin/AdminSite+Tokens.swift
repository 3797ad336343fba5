import Core
import HTTPTypes
import Hummingbird

struct AdminTokenList: Sendable {
    let frame: AdminFrame
    let tokens: [Line]
    let isEmpty: Bool
    /// A token that has just been made, shown this once.
    let created: String?
    let createdName: String
    let name: AdminField
    let roles: [AdminChoice]
    let lifetimes: [AdminChoice]

    struct Line: Sendable {
        let id: Int64
        let name: String
        let role: String
        let createdBy: String
        let created: MomentText
        let expires: MomentText?
        let isExpired: Bool
        let lastUsed: MomentText?
    }
}

extension AdminSite {
    func addTokenRoutes(to router: some RouterMethods<AppRequestContext>) {
        route(router, "/admin/tokens", .admin, get: { tokenList($0) }, post: createToken)
        route(router, "/admin/tokens/:id/revoke", .admin, get: confirmRevocation, post: revokeToken)
    }

    private static let lifetimes = [("30", "30 days"), ("90", "90 days"), ("365", "a year"), ("0", "does not expire")]

    private func tokenList(_ visit: AdminVisit, created: CreatedToken? = nil, error: ServiceError? = nil) -> Response {
        let now = Timestamp.now
        let tokens = accounts.tokenSummaries().map {
            AdminTokenList.Line(
                id: $0.id, name: $0.name, role: $0.role.rawValue, createdBy: $0.createdBy,
                created: MomentText($0.created, now: now), expires: $0.expires.map { MomentText($0, now: now) },
                isExpired: $0.expires.map { $0 <= now } ?? false, lastUsed: $0.lastUsed.map { MomentText($0, now: now) }
            )
        }
        let isRetry = error != nil
        return renderer.page(
            "tokens",
            AdminTokenList(
                frame: visit.frame("Tokens", problem: error?.errors.isEmpty == true ? error?.detail : nil),
                tokens: tokens, isEmpty: tokens.isEmpty, created: created?.text,
                createdName: created?.summary.name ?? "",
                name: AdminField(
                    value: isRetry ? visit.form?["name"] ?? "" : "", problem: error?.problem(of: "name")),
                roles: AdminChoice.roles(isRetry ? visit.form?["role"] ?? "" : Role.editor.rawValue),
                lifetimes: Self.lifetimes.map {
                    AdminChoice(
                        value: $0.0, label: $0.1, isChosen: $0.0 == (isRetry ? visit.form?["days"] ?? "90" : "90"))
                }),
            status: error.map { .init(code: $0.code.rawValue) } ?? .ok)
    }

    @Sendable private func createToken(_ visit: AdminVisit) async throws -> Response {
        guard let sent = visit.form else { throw Self.forged }
        do {
            guard let role = sent["role"].flatMap(Role.init), let days = sent["days"].flatMap({ Int64($0) }),
                Self.lifetimes.contains(where: { $0.0 == String(days) })
            else { throw ServiceError(.unprocessable, "Choose a role and how long the token is good.") }
            let expires = days == 0 ? nil : Timestamp(milliseconds: Timestamp.now.milliseconds + days * 86_400_000)
            let created = try await accounts.administration(by: visit.actor).createToken(
                sent["name"] ?? "", role: role, expires: expires)
            // Shown in the answer itself and nowhere else: reloading makes no second one, for the name is taken.
            return tokenList(visit, created: created)
        } catch let error as ServiceError {
            return tokenList(visit, error: error)
        }
    }

    private func token(_ visit: AdminVisit) throws(ServiceError) -> TokenSummary {
        let id = try visit.id()
        guard let token = accounts.tokenSummaries().first(where: { $0.id == id }) else {
            throw ServiceError(.notFound, "There is no token \(id): it was revoked already.")
        }
        return token
    }

    @Sendable private func confirmRevocation(_ visit: AdminVisit) async throws -> Response {
        let token = try token(visit)
        return renderer.page(
            "confirm",
            AdminConfirmation(
                frame: visit.frame("Revoke token"), heading: "Revoke the token \(token.name)?",
                text: "Whoever uses it is refused from now on, and its open feeds end.",
                action: "/admin/tokens/\(token.id)/revoke/", button: "Revoke \(token.name)", back: "/admin/tokens/"))
    }

    @Sendable private func revokeToken(_ visit: AdminVisit) async throws -> Response {
        try await accounts.administration(by: visit.actor).revokeToken(String(try token(visit).id))
        return .seeOther("/admin/tokens/?done=revoked")
    }
}
