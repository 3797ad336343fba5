import Core
import HTTPTypes
import Hummingbird

struct AdminAccountList: Sendable {
    let frame: AdminFrame
    let accounts: [Line]

    struct Line: Sendable {
        let name: String
        let role: String
        let isSelf: Bool
        let created: MomentText
        let lastLogin: MomentText?
    }
}

struct AdminAccountForm: Sendable {
    let frame: AdminFrame
    let isNew: Bool
    let name: AdminField
    let roles: [AdminChoice]
    let passwordProblem: String?
    let minLength: Int
}

struct AdminOwnAccount: Sendable {
    let frame: AdminFrame
    let oldProblem: String?
    let newProblem: String?
    let minLength: Int
    let sessions: [AdminSessionLine]
}

/// A question before something is done that can't be undone.
struct AdminConfirmation: Sendable {
    let frame: AdminFrame
    let heading: String
    let text: String
    let action: String
    let button: String
    let back: String
}

extension AdminSite {
    func addAccountRoutes(to router: some RouterMethods<AppRequestContext>) {
        route(router, "/admin/accounts", .admin, get: listAccounts)
        route(router, "/admin/accounts/add", .admin, get: { accountForm($0, nil) }, post: addAccount)
        route(router, "/admin/accounts/:name", .admin, get: showAccount, post: changeAccount)
        route(router, "/admin/accounts/:name/delete", .admin, get: confirmRemoval, post: removeAccount)
        route(router, "/admin/account", .viewer, get: { ownAccount($0) }, post: changeOwnPassword)
    }

    @Sendable private func listAccounts(_ visit: AdminVisit) async throws -> Response {
        let now = Timestamp.now
        return renderer.page(
            "accounts",
            AdminAccountList(
                frame: visit.frame("Accounts"),
                accounts: accounts.accountSummaries().map {
                    .init(
                        name: $0.name, role: $0.role.rawValue, isSelf: $0.name == visit.principal.name,
                        created: MomentText($0.created, now: now),
                        lastLogin: $0.lastLogin.map { MomentText($0, now: now) })
                }))
    }

    private func accountForm(
        _ visit: AdminVisit, _ account: Account?, error: ServiceError? = nil
    ) -> Response {
        let general = error?.errors.isEmpty == true ? error?.detail : nil
        let name = account?.name ?? visit.form?["name"] ?? ""
        return renderer.page(
            "account-form",
            AdminAccountForm(
                frame: visit.frame(account?.name ?? "Add an account", problem: general), isNew: account == nil,
                name: AdminField(value: name, problem: error?.problem(of: "name")),
                roles: AdminChoice.roles(account?.role.rawValue ?? visit.form?["role"] ?? Role.editor.rawValue),
                passwordProblem: error?.problem(of: "password"), minLength: PasswordHash.minLength),
            status: error.map { .init(code: $0.code.rawValue) } ?? .ok)
    }

    /// The password of a form that asks for it twice.
    private func password(_ form: FormBody) throws(ServiceError) -> String {
        let password = form["password"] ?? ""
        guard password == form["password_again"] else {
            throw ServiceError(invalid: [FieldError(field: "password", message: "must be the same both times")])
        }
        return password
    }

    @Sendable private func addAccount(_ visit: AdminVisit) async throws -> Response {
        guard let sent = visit.form else { throw Self.forged }
        do {
            guard let role = sent["role"].flatMap(Role.init) else {
                throw ServiceError(.unprocessable, "Choose a role: \(Role.choices).")
            }
            try await accounts.administration(by: visit.actor).addAccount(
                sent["name"] ?? "", role: role, password: password(sent))
        } catch let error as ServiceError {
            return accountForm(visit, nil, error: error)
        }
        return .seeOther("/admin/accounts/?done=account-added")
    }

    private func account(_ visit: AdminVisit) throws(ServiceError) -> Account {
        let name = visit.parameter("name")
        guard let account = accounts.account(named: name) else {
            throw ServiceError(.notFound, "There is no account \"\(name.prefix(64))\".")
        }
        return account
    }

    @Sendable private func showAccount(_ visit: AdminVisit) async throws -> Response {
        accountForm(visit, try account(visit))
    }

    @Sendable private func changeAccount(_ visit: AdminVisit) async throws -> Response {
        guard let sent = visit.form else { throw Self.forged }
        let account = try account(visit)
        var administration = accounts.administration(by: visit.actor)
        do {
            if sent["do"] == "password" {
                if account.name == visit.principal.name { administration.keptSession = visit.session }
                try await administration.setPassword(of: account.name, to: password(sent))
                return .seeOther("/admin/accounts/?done=password")
            }
            guard let role = sent["role"].flatMap(Role.init) else {
                throw ServiceError(.unprocessable, "Choose a role: \(Role.choices).")
            }
            try await administration.setRole(of: account.name, to: role)
        } catch let error as ServiceError {
            return accountForm(visit, account, error: error)
        }
        return .seeOther("/admin/accounts/?done=role")
    }

    @Sendable private func confirmRemoval(_ visit: AdminVisit) async throws -> Response {
        let account = try account(visit)
        return renderer.page(
            "confirm",
            AdminConfirmation(
                frame: visit.frame("Remove account"), heading: "Remove the account \(account.name)?",
                text: "It is logged out everywhere and its open feeds end. Its articles stay.",
                action: "/admin/accounts/\(account.name)/delete/", button: "Remove \(account.name)",
                back: "/admin/accounts/"))
    }

    @Sendable private func removeAccount(_ visit: AdminVisit) async throws -> Response {
        try await accounts.administration(by: visit.actor).removeAccount(try account(visit).name)
        return .seeOther("/admin/accounts/?done=removed")
    }

    // MARK: - One's own

    private func ownAccount(_ visit: AdminVisit, old: String? = nil, new: String? = nil) -> Response {
        renderer.page(
            "own-account",
            AdminOwnAccount(
                frame: visit.frame("Your account"), oldProblem: old, newProblem: new,
                minLength: PasswordHash.minLength, sessions: sessionLines(visit, of: visit.principal.name)),
            status: old == nil && new == nil ? .ok : .unprocessableContent)
    }

    @Sendable private func changeOwnPassword(_ visit: AdminVisit) async throws -> Response {
        guard let sent = visit.form else { throw Self.forged }
        let name = visit.principal.name
        do {
            // Who finds an open browser must not be able to take the account over.
            _ = try await policy.authenticator.check(
                Authenticator.NameAndPassword(name: name, password: sent["old_password"] ?? ""),
                from: visit.context.client.address)
        } catch let error as ServiceError where error.code == .unauthorized {
            return ownAccount(visit, old: "This is not your password.")
        }
        var administration = accounts.administration(by: visit.actor)
        administration.keptSession = visit.session
        do {
            try await administration.setPassword(of: name, to: password(sent))
        } catch let error as ServiceError where error.code == .unprocessable {
            return ownAccount(visit, new: error.problem(of: "password") ?? error.detail)
        }
        return .seeOther("/admin/account/?done=password")
    }
}
