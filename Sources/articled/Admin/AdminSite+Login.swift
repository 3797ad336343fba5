import Core
import HTTPTypes
import Hummingbird

struct AdminLogin: Sendable {
    let frame: AdminFrame
    let username: String
    let isNamed: Bool
    let next: String
    let isSetUp: Bool
}

struct AdminSetup: Sendable {
    let frame: AdminFrame
    let token: String
    let username: AdminField
    let passwordProblem: String?
    let minLength: Int
}

extension AdminSite {
    func addLoginRoutes(to router: some RouterMethods<AppRequestContext>) {
        router.resource("/admin/login", [.get: showLogin, .post: logIn])
        router.resource("/admin/setup", [.get: showSetup, .post: setUp])
        router.resource("/admin/logout", [.post: logOut])
    }

    // MARK: - Before there is a session

    /// A page with a form for somebody who is not logged in, tied to the browser by a cookie of its own.
    private func page(
        _ request: Request, _ context: AppRequestContext, status: HTTPResponse.Status = .ok,
        _ render: (String) -> Response
    ) -> Response {
        let known = SessionCookie.value(SessionCookie.login, in: request.headers[values: .cookie])
        let secret = known ?? Secret()
        var response = render(CSRFToken(for: secret).text)
        response.status = status
        if known == nil {
            response.headers.append(
                HTTPField(
                    name: .setCookie,
                    value: SessionCookie.set(
                        SessionCookie.login, secret, lifetime: 24 * 3600, isSecure: context.client.isSecure,
                        basePath: renderer.basePath)))
        }
        return response
    }

    private func frame(_ title: String, _ csrf: String, _ problem: String?, notice: String? = nil) -> AdminFrame {
        AdminFrame(
            title: title, assets: renderer.assets, principal: nil, csrf: csrf, path: "", notice: notice,
            problem: problem)
    }

    /// The form of somebody who is not logged in, if it is this browser's.
    private func checkedForm(_ request: Request) async throws -> FormBody? {
        let form = try await form(request)
        guard let secret = SessionCookie.value(SessionCookie.login, in: request.headers[values: .cookie]),
            CSRFToken(for: secret).matches(form["csrf_token"])
        else { return nil }
        return form
    }

    private static let stale = "This form was too old, or of another browser. Please try once more."

    // MARK: - Login

    @Sendable private func showLogin(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let next = Self.localPath(request.uri.queryParameters["next"].map(String.init))
        if let secret = SessionCookie.value(SessionCookie.session, in: request.headers[values: .cookie]),
            let principal = accounts.principal(session: secret)
        {
            return .seeOther(next ?? Self.home(principal))
        }
        let notice = request.uri.queryParameters["done"] == "logout" ? "You are logged out." : nil
        return login(request, context, username: "", next: next, notice: notice)
    }

    private func login(
        _ request: Request, _ context: AppRequestContext, username: String, next: String?, problem: String? = nil,
        notice: String? = nil, status: HTTPResponse.Status = .ok
    ) -> Response {
        page(request, context, status: status) { csrf in
            renderer.page(
                "login",
                AdminLogin(
                    frame: frame("Log in", csrf, problem, notice: notice), username: username,
                    isNamed: !username.isEmpty, next: next ?? "",
                    isSetUp: accounts.hasAdmin))
        }
    }

    @Sendable private func logIn(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        guard let form = try await checkedForm(request) else {
            return login(request, context, username: "", next: nil, problem: Self.stale, status: .forbidden)
        }
        let (name, next) = (form["username"] ?? "", Self.localPath(form["next"]))
        do {
            let principal = try await policy.authenticator.check(
                Authenticator.NameAndPassword(name: name, password: form["password"] ?? ""),
                from: context.client.address)
            return try await begin(principal.name, request, context, next: next)
        } catch let error as ServiceError {
            var response = login(
                request, context, username: String(name.prefix(64)), next: next, problem: error.detail,
                status: .init(code: error.code.rawValue))
            if let retryAfter = error.retryAfter { response.headers[.retryAfter] = "\(retryAfter)" }
            // No browser has words of its own for this one.
            if error.code == .unauthorized { response.headers[.wwwAuthenticate] = ProblemMiddleware.pageChallenge }
            return response
        }
    }

    /// Begins a session: always a new one, so that none that was planted lives on.
    private func begin(
        _ name: String, _ request: Request, _ context: AppRequestContext, next: String?
    ) async throws -> Response {
        let opened = try await accounts.openSession(
            for: name, replacing: SessionCookie.value(SessionCookie.session, in: request.headers[values: .cookie]),
            address: context.client.addressText, agent: request.headers[.userAgent] ?? "")
        var response = Response.seeOther(next ?? Self.home(opened.principal))
        let isSecure = context.client.isSecure
        let lifetime = accounts.limits.sessionLifetime / 1000
        for cookie in [
            SessionCookie.set(
                SessionCookie.session, opened.secret, lifetime: lifetime, isSecure: isSecure,
                basePath: renderer.basePath),
            SessionCookie.remove(SessionCookie.login, isSecure: isSecure, basePath: renderer.basePath),
        ] { response.headers.append(HTTPField(name: .setCookie, value: cookie)) }
        return response
    }

    private static func home(_ principal: Principal) -> String {
        principal.role >= .editor ? "/admin/" : "/"
    }

    /// A path of this site; `nil` for everything that could lead elsewhere (CWE-601).
    static func localPath(_ text: String?) -> String? {
        guard let text, text.utf8.first == UInt8(ascii: "/"), text.utf8.count <= 2000,
            text.utf8.allSatisfy({ (0x21..<0x7F).contains($0) && $0 != UInt8(ascii: "\\") }), !text.hasPrefix("//")
        else { return nil }
        return text
    }

    @Sendable private func logOut(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let secret = SessionCookie.value(SessionCookie.session, in: request.headers[values: .cookie])
        if let secret, let principal = context.principal, case .session(let id) = principal.credential {
            guard CSRFToken(for: secret).matches(try await form(request)["csrf_token"]) else { throw Self.forged }
            try await accounts.endSession(id, action: .logout, by: context.auditActor(principal))
        }
        var response = Response.seeOther("/admin/login?done=logout")
        response.headers.append(
            HTTPField(
                name: .setCookie,
                value: SessionCookie.remove(
                    SessionCookie.session, isSecure: context.client.isSecure, basePath: renderer.basePath)))
        return response
    }

    // MARK: - The first account

    @Sendable private func showSetup(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let token = request.uri.queryParameters["token"].map(String.init) ?? ""
        if let refusal = refusal(of: token) { return refusal }
        return setup(request, context, token: token)
    }

    /// Why a link leads nowhere; `nil` if it is good.
    private func refusal(of token: String) -> Response? {
        switch setupLink.check(Secret(presented: token)) {
        case .good: return nil
        case .wrong:
            return message(
                "This link is not right",
                "It is mistyped, or of an earlier start. The current one is in the file setup-link of the data directory.",
                status: .forbidden, link: "/admin/login", linkText: "Log in")
        case .over where accounts.hasAdmin:
            return message(
                "This link has done its work", "There is an admin account already.", status: .gone,
                link: "/admin/login", linkText: "Log in")
        case .over:
            return message(
                "This link has expired",
                "Restart the server for a new one, or make the first account on its machine with: articled createsuperuser",
                status: .gone, link: "/", linkText: "To the articles")
        }
    }

    private func setup(
        _ request: Request, _ context: AppRequestContext, token: String, username: AdminField = AdminField(),
        passwordProblem: String? = nil, problem: String? = nil, status: HTTPResponse.Status = .ok
    ) -> Response {
        page(request, context, status: status) { csrf in
            renderer.page(
                "setup",
                AdminSetup(
                    frame: frame("Set up", csrf, problem), token: token, username: username,
                    passwordProblem: passwordProblem, minLength: PasswordHash.minLength))
        }
    }

    @Sendable private func setUp(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        guard let form = try await checkedForm(request) else {
            let token = request.uri.queryParameters["token"].map(String.init) ?? ""
            if let refusal = refusal(of: token) { return refusal }
            return setup(request, context, token: token, problem: Self.stale, status: .forbidden)
        }
        let (token, name, password) = (form["token"] ?? "", form["username"] ?? "", form["password"] ?? "")
        if let refusal = refusal(of: token) { return refusal }
        var username = AdminField(value: name)
        guard password == form["password_again"] else {
            return setup(
                request, context, token: token, username: username,
                passwordProblem: "The two passwords are not the same.", status: .unprocessableContent)
        }
        do {
            let administration = accounts.administration(
                by: AuditActor(name: name, address: context.client.addressText))
            try await administration.addAccount(name, role: .admin, password: password, action: .setUp)
        } catch let error as ServiceError {
            username.problem = error.problem(of: "name")
            let passwordProblem = error.problem(of: "password")
            return setup(
                request, context, token: token, username: username, passwordProblem: passwordProblem,
                problem: username.problem == nil && passwordProblem == nil ? error.detail : nil,
                status: .init(code: error.code.rawValue))
        }
        _ = setupLink.withdrawIfOver()
        return try await begin(name, request, context, next: nil)
    }
}

extension ServiceError {
    /// What is wrong with a field, as a sentence.
    func problem(of field: String) -> String? {
        errors.first { $0.field == field }.map { "It \($0.message)." }
    }
}
