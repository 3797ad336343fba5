import Core
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore

/// `/admin`: the site for those who write and manage, as HTML forms that need no script.
struct AdminSite: Sendable {
    let accounts: Accounts
    let setupLink: SetupLink
    let policy: AccessPolicy
    let store: any Store
    let log: ArticleLog
    let limits: Live<ArticleLimits>
    let report: StatusReport
    let renderer: AdminRenderer

    func addRoutes(to router: some RouterMethods<AppRequestContext>) {
        addLoginRoutes(to: router)
        route(router, "/admin", .editor, get: dashboard)
        addArticleRoutes(to: router)
        addAccountRoutes(to: router)
        addTokenRoutes(to: router)
        addSessionRoutes(to: router)
        route(router, "/admin/audit", .admin, get: audit)
    }

    typealias Handler = @Sendable (AdminVisit) async throws -> Response

    /// Routes a page for those who are logged in and have at least a role; its forms must be of their session.
    func route(
        _ router: some RouterMethods<AppRequestContext>, _ path: RouterPath, _ role: Role, get: @escaping Handler,
        post: Handler? = nil
    ) {
        var handlers: [HTTPRequest.Method: @Sendable (Request, AppRequestContext) async throws -> Response] = [
            .get: { request, context in try await answer(request, context, role, get) }
        ]
        if let post {
            handlers[.post] = { request, context in try await answer(request, context, role, post) }
        }
        router.resource(path, handlers)
    }

    private func answer(
        _ request: Request, _ context: AppRequestContext, _ role: Role, _ handler: Handler
    ) async throws -> Response {
        let secret = SessionCookie.value(SessionCookie.session, in: request.headers[values: .cookie])
        guard let principal = context.principal, case .session(let session) = principal.credential, let secret else {
            // A form that was open when the session ended: nothing is done, and it says so.
            guard request.method == .get || request.method == .head else {
                return message(
                    "Your session has ended",
                    "Nothing was changed. Log in again, then go back to your form and send it again.",
                    status: .forbidden, link: "/admin/login", linkText: "Log in")
            }
            return .redirect(toLoginFor: request)
        }
        let csrf = CSRFToken(for: secret)
        var visit = AdminVisit(
            request: request, context: context, principal: principal, session: session, csrf: csrf,
            assets: renderer.assets, form: nil)
        do {
            try principal.require(role)
            if request.method == .post {
                let form = try await self.form(request)
                guard csrf.matches(form["csrf_token"]) else { throw Self.forged }
                visit.form = form
            }
            return try await handler(visit)
        } catch let error as ServiceError {
            return message(error, visit)
        }
    }

    static var forged: ServiceError {
        ServiceError(
            .forbidden,
            "This form is of another session, or too old; nothing was changed. Go back, reload the page, and send it again."
        )
    }

    /// Reads what a form has sent.
    func form(_ request: Request) async throws -> FormBody {
        let type = MediaRange((request.headers[.contentType] ?? "")[...]).type
        guard type == "application/x-www-form-urlencoded" else {
            throw ServiceError(.unsupportedMediaType, "Send Content-Type: application/x-www-form-urlencoded.")
        }
        let bytes: ByteBuffer
        do {
            bytes = try await request.body.collect(upTo: ArticleBody.maxRequestBytes(limits.value))
        } catch let error as any HTTPResponseError where error.status == .contentTooLarge {
            throw ServiceError(
                .contentTooLarge, "That is too long: an article's body may have \(limits.value.maxBodyBytes) bytes.")
        }
        return try FormBody(bytes)
    }

    /// An error as a page.
    private func message(_ error: ServiceError, _ visit: AdminVisit) -> Response {
        let frame = visit.frame(error.code.title)
        var response = renderer.page(
            "message",
            AdminMessage(
                frame: frame, heading: error.code.title, text: error.detail,
                link: visit.principal.role >= .editor ? "/admin/" : "/",
                linkText: visit.principal.role >= .editor ? "To the dashboard" : "To the articles"),
            status: .init(code: error.code.rawValue))
        if let retryAfter = error.retryAfter { response.headers[.retryAfter] = "\(retryAfter)" }
        if let cause = error.cause, error.code.rawValue >= 500 {
            visit.context.logger.warning("\(error)", metadata: ["error": "\(cause)"])
        }
        return response
    }

    /// Words for somebody who is not logged in.
    func message(
        _ heading: String, _ text: String, status: HTTPResponse.Status, link: String, linkText: String
    ) -> Response {
        let frame = AdminFrame(title: heading, assets: renderer.assets, principal: nil, csrf: "", path: "")
        return renderer.page(
            "message", AdminMessage(frame: frame, heading: heading, text: text, link: link, linkText: linkText),
            status: status)
    }
}

/// A request of somebody who is logged in.
struct AdminVisit: Sendable {
    let request: Request
    let context: AppRequestContext
    let principal: Principal
    /// The session's id.
    let session: Int64
    let csrf: CSRFToken
    let assets: AdminAssets
    /// What was sent; `nil` when a page is only looked at.
    var form: FormBody?

    var actor: AuditActor { context.auditActor(principal) }

    func parameter(_ name: String) -> String {
        let text = context.parameters.get(name) ?? ""
        return text.removingPercentEncoding ?? text
    }

    func query(_ name: String) -> String? {
        // What is malformed asks for nothing.
        (try? FormBody(query: request))?[name]
    }

    /// - Throws: ``ServiceError`` `notFound`.
    func id() throws(ServiceError) -> Int64 {
        let text = parameter("id")
        guard let id = Int64(text), id > 0, String(id) == text else {
            throw ServiceError(.notFound, "There is nothing at this address.")
        }
        return id
    }

    func frame(_ title: String, problem: String? = nil) -> AdminFrame {
        var path = request.uri.path
        if path.hasSuffix("/"), path.count > 1 { path.removeLast() }
        return AdminFrame(
            title: title, assets: assets, principal: principal, csrf: csrf.text, path: path,
            notice: query("done").flatMap(AdminNotice.init).map(\.text), problem: problem)
    }
}

/// What has just been done, by the word that the address of the next page has for it.
enum AdminNotice: String {
    case added, changed, deleted, removed, revoked, ended, password, role
    case accountAdded = "account-added"

    var text: String {
        switch self {
        case .added: "The article was added; every subscriber has it."
        case .changed: "The article was changed; every subscriber has the new version."
        case .deleted: "Deleted."
        case .removed: "The account was removed. Its sessions and feeds have ended."
        case .revoked: "The token was revoked. Its feeds have ended."
        case .ended: "The session was ended."
        case .password: "The password was changed. Other sessions of the account have ended."
        case .role: "The role was changed."
        case .accountAdded: "The account was added."
        }
    }
}
