import Core
import Foundation
import HTTPTypes
import Hummingbird

/// `/api/accounts/`, `/api/tokens/`, `/api/sessions/`, `/api/audit/`, `/api/whoami`, `/api/tickets`: who may do what.
struct AccountsController: Sendable {
    let accounts: Accounts
    let store: any Store

    func addRoutes(to router: some RouterMethods<AppRequestContext>) {
        router.resource("/api/whoami", [.get: whoAmI])
        router.resource("/api/tickets", [.post: issueTicket])
        router.resource("/api/accounts", [.get: listAccounts, .post: addAccount])
        router.resource(
            "/api/accounts/:name", [.get: getAccount, .patch: changeAccount, .delete: removeAccount])
        router.resource("/api/tokens", [.get: listTokens, .post: createToken])
        router.resource("/api/tokens/:token", [.delete: revokeToken])
        router.resource("/api/sessions", [.get: listSessions])
        router.resource("/api/sessions/:id", [.delete: endSession])
        router.resource("/api/audit", [.get: audit])
    }

    private func administration(_ context: AppRequestContext) throws(ServiceError) -> StoredAccounts {
        accounts.administration(by: context.auditActor(try context.require(.admin)))
    }

    @Sendable private func whoAmI(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let principal = try context.require(.viewer)
        return .secret(
            .object([
                JSONMember("name", .string(principal.name)), JSONMember("role", .string(principal.role.rawValue)),
                JSONMember("credential", .string(principal.credential.kind)),
            ]))
    }

    /// A ticket can be had with a token or a password; a session's cookie goes with the handshake anyway.
    @Sendable private func issueTicket(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let principal = try context.require(.viewer)
        let secret = Secret()
        try await store.keep(secret.hash, of: principal)
        return .secret(
            .object([
                JSONMember("ticket", .string(secret.text)), JSONMember("expires_in", .integer(Int64(Tickets.lifetime))),
            ]), status: .created)
    }

    // MARK: - Accounts

    @Sendable private func listAccounts(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        .secret(results: try await administration(context).listAccounts().map(\.json))
    }

    @Sendable private func addAccount(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let administration = try administration(context)
        let fields = try await RequestFields(request, known: ["name", "role", "password"])
        let name = try fields.string("name")
        try await administration.addAccount(name, role: fields.role(), password: fields.string("password"))
        return .secret(try summary(name).json, status: .created, headers: [.location: "/api/accounts/\(name)/"])
    }

    @Sendable private func getAccount(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        _ = try administration(context)
        return .secret(try summary(Self.parameter("name", context)).json)
    }

    @Sendable private func changeAccount(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let administration = try administration(context)
        let fields = try await RequestFields(request, known: ["role", "password"])
        let name = try summary(Self.parameter("name", context)).name
        guard fields.has("role") || fields.has("password") else {
            throw ServiceError(.unprocessable, "Name at least one of role and password.")
        }
        if fields.has("role") {
            let role = try fields.role()
            if fields.has("password") { try PasswordHash.check(fields.string("password"), name: name) }
            try await administration.setRole(of: name, to: role)
        }
        if fields.has("password") { try await administration.setPassword(of: name, to: fields.string("password")) }
        return .secret(try summary(name).json)
    }

    @Sendable private func removeAccount(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        try await administration(context).removeAccount(Self.parameter("name", context))
        return Response(status: .noContent)
    }

    private func summary(_ name: String) throws(ServiceError) -> AccountSummary {
        guard let account = accounts.accountSummaries().first(where: { $0.name.lowercased() == name.lowercased() })
        else { throw ServiceError(.notFound, "There is no account \"\(name.prefix(64))\".") }
        return account
    }

    // MARK: - Tokens

    @Sendable private func listTokens(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        .secret(results: try await administration(context).listTokens().map { .object($0.members) })
    }

    @Sendable private func createToken(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let administration = try administration(context)
        let fields = try await RequestFields(request, known: ["name", "role", "expires"])
        let created = try await administration.createToken(
            fields.string("name"), role: fields.role(), expires: fields.optionalTimestamp("expires"))
        return .secret(
            .object(created.summary.members + [JSONMember("token", .string(created.text))]), status: .created,
            headers: [.location: "/api/tokens/\(created.summary.id)/"])
    }

    @Sendable private func revokeToken(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        try await administration(context).revokeToken(Self.parameter("token", context))
        return Response(status: .noContent)
    }

    // MARK: - Sessions

    @Sendable private func listSessions(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        _ = try context.require(.admin)
        return .secret(
            results: accounts.sessions().map { session, account in
                .object([
                    JSONMember("id", .integer(session.id)), JSONMember("account", .string(account)),
                    JSONMember("created", .string(session.created.description)),
                    JSONMember("last_seen", .string(session.lastSeen.description)),
                    JSONMember("address", .string(session.address)), JSONMember("agent", .string(session.agent)),
                ])
            })
    }

    @Sendable private func endSession(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let actor = context.auditActor(try context.require(.admin))
        let text = Self.parameter("id", context)
        guard let id = Int64(text), try await accounts.endSession(id, action: .sessionEnded, by: actor) else {
            throw ServiceError(.notFound, "There is no session \"\(text.prefix(40))\".")
        }
        return Response(status: .noContent)
    }

    // MARK: - The audit log

    @Sendable private func audit(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        _ = try context.require(.admin)
        var query = try AuditQuery(FormBody(query: request))
        query.limit += 1
        var entries = try await store.audit(query)
        query.limit -= 1
        var next = JSONValue.null
        if entries.count > query.limit {
            entries.removeLast()
            if let last = entries.last {
                next = .string("/api/audit/" + query.next(behind: last.id))
            }
        }
        return .secret(
            .object([JSONMember("results", .array(entries.map(\.json))), JSONMember("next", next)]))
    }

    private static func parameter(_ name: String, _ context: AppRequestContext) -> String {
        let text = context.parameters.get(name) ?? ""
        return text.removingPercentEncoding ?? text
    }
}

extension Credential {
    /// For whoever asks what it uses.
    var kind: String {
        switch self {
        case .localToken: "local token"
        case .configured: "token of the configuration"
        case .token: "token"
        case .session: "session"
        case .password: "password"
        }
    }
}

extension Response {
    /// JSON that must not be kept by caches.
    static func secret(
        _ json: JSONValue, status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]
    ) -> Response {
        var headers = headers
        headers[.cacheControl] = "no-store"
        return .json(json.bytes, status: status, headers: headers)
    }

    static func secret(results: [JSONValue]) -> Response {
        secret(.object([JSONMember("results", .array(results))]))
    }
}

extension AccountSummary {
    var json: JSONValue {
        .object([
            JSONMember("name", .string(name)), JSONMember("role", .string(role.rawValue)),
            JSONMember("created", .string(created.description)),
            JSONMember("last_login", lastLogin.map { .string($0.description) } ?? .null),
        ])
    }
}

extension TokenSummary {
    var members: [JSONMember] {
        [
            JSONMember("id", .integer(id)), JSONMember("name", .string(name)),
            JSONMember("role", .string(role.rawValue)), JSONMember("created", .string(created.description)),
            JSONMember("created_by", .string(createdBy)),
            JSONMember("expires", expires.map { .string($0.description) } ?? .null),
            JSONMember("last_used", lastUsed.map { .string($0.description) } ?? .null),
        ]
    }
}

extension AuditEntry {
    var json: JSONValue {
        .object([
            JSONMember("id", .integer(id)), JSONMember("at", .string(at.description)),
            JSONMember("account", .string(actor.name)), JSONMember("address", .string(actor.address)),
            JSONMember("action", .string(action.rawValue)),
            JSONMember("article", article.map { .integer($0) } ?? .null),
            JSONMember("subject", subject.map { .string($0) } ?? .null),
            JSONMember("detail", detail.map { .string($0) } ?? .null),
        ])
    }
}
