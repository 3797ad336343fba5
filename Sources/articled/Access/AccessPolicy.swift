import Core
import HTTPTypes
import Hummingbird

/// Who is let in to what, before a route is asked.
struct AccessPolicy: Sendable {
    let authenticator: Authenticator
    let proxies: TrustedProxies
    let origins: OriginPolicy
    let writes: WriteLimit
    let tickets: any TicketStore
    /// Reading needs an account too (`--require-auth`).
    let requiresAuthentication: Live<Bool>

    /// What is open to everybody in any case.
    static func isAlwaysOpen(_ path: String) -> Bool {
        let path = path.hasSuffix("/") && path.count > 1 ? String(path.dropLast()) : path
        return ["/healthz", "/readyz", "/admin/login", "/admin/setup", "/favicon.ico"].contains(path)
            || path.hasPrefix("/assets/")
    }

    /// - Throws: ``ServiceError`` `unauthorized` if reading needs an account and there is none.
    func checkReading(_ principal: Principal?) throws(ServiceError) {
        guard principal == nil, requiresAuthentication.value else { return }
        throw ServiceError(.unauthorized, "This server is for those who have an account. Send a token, or log in.")
    }

    func takeWrite(_ address: IPAddress?) throws(ServiceError) {
        do {
            try writes.take(address)
        } catch {
            authenticator.refusals.count(.write)
            throw error
        }
    }
}

/// Finds out who makes a request and from where, and refuses what nobody of that kind may do.
struct AccessMiddleware: RouterMiddleware {
    typealias Context = AppRequestContext

    let policy: AccessPolicy

    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        var context = context
        let client = policy.proxies.client(peer: IPAddress(context.channel.remoteAddress)) { name in
            // The library keeps the host apart.
            if name == "host" { return request.head.authority.map { [$0] } ?? [] }
            return HTTPField.Name(name).map { request.headers[values: $0] } ?? []
        }
        context.client = client
        context.noteClient()
        let path = request.uri.path
        let isWrite = ![.get, .head, .options].contains(request.method)
        if isWrite {
            try policy.origins.check(
                request.headers[values: .origin], host: client.host, isSecure: client.isSecure)
        }
        let isOpen = AccessPolicy.isAlwaysOpen(path)
        if !isOpen {
            context.principal = try await policy.authenticator.principal(
                authorization: request.headers[values: .authorization], cookies: request.headers[values: .cookie],
                isUse: request.headers[.background] == nil, from: context.client.address)
            context.noteClient()
        }
        // The admin site's forms carry theirs; a login has none yet.
        if isWrite, !isOpen, !path.hasPrefix("/admin"), case .session? = context.principal?.credential {
            let secret = SessionCookie.value(SessionCookie.session, in: request.headers[values: .cookie])
            guard let secret, CSRFToken(for: secret).matches(request.headers[.csrfToken]) else {
                throw ServiceError(
                    .forbidden, "With a session's cookie a write needs the header X-CSRF-Token, as its pages have it.")
            }
        }
        if !isOpen, !path.hasPrefix("/admin"), !MetricsController.isPath(path) {
            do {
                try policy.checkReading(context.principal)
            } catch {
                guard request.wantsPage else { throw error }
                return .redirect(toLoginFor: request)
            }
        }
        if isWrite { try policy.takeWrite(context.client.address) }
        return try await next(request, context)
    }
}

extension Request {
    /// A person looks at the answer.
    var wantsPage: Bool {
        (method == .get || method == .head) && headers[values: .accept].contains { $0.contains("text/html") }
    }
}

extension Response {
    /// To the login page, and from there back.
    static func redirect(toLoginFor request: Request) -> Response {
        let place = request.uri.description
        let back = place == "/admin" || place == "/admin/" ? "" : QueryString.encode([("next", place)])
        return seeOther("/admin/login" + back)
    }

    /// 303 (RFC 9110 section 15.4.4).
    static func seeOther(_ location: String) -> Response {
        Response(status: .seeOther, headers: [.location: location, .cacheControl: "no-store"])
    }
}
