import Core

// The names below are those that the templates use.

/// What every page of the admin site has around its content.
struct AdminFrame: Sendable {
    let title: String
    let assets: AdminAssets
    /// What every link begins with.
    let base: String
    /// Who is logged in; `nil` on the pages before that.
    let account: String?
    let role: String
    /// Goes back with every form.
    let csrf: String
    let sections: [Section]
    /// What has just been done.
    let notice: String?
    /// What went wrong.
    let problem: String?

    struct Section: Sendable {
        let label: String
        let path: String
        let isCurrent: Bool
    }

    init(
        title: String, assets: AdminAssets, principal: Principal?, csrf: String, path: String, notice: String? = nil,
        problem: String? = nil
    ) {
        self.title = "\(title) · Articles admin"
        self.assets = assets
        base = assets.base
        account = principal?.name
        role = principal?.role.rawValue ?? ""
        self.csrf = csrf
        self.notice = notice
        self.problem = problem
        let all: [(String, String, Role)] = [
            ("Dashboard", "/admin/", .editor), ("Articles", "/admin/articles/", .editor),
            ("Accounts", "/admin/accounts/", .admin), ("Tokens", "/admin/tokens/", .admin),
            ("Sessions", "/admin/sessions/", .admin), ("Audit log", "/admin/audit/", .admin),
        ]
        sections = all.filter { principal.map { $0.role } ?? .viewer >= $0.2 }.map { label, place, _ in
            Section(
                label: label, path: place,
                isCurrent: place == "/admin/" ? path == "/admin" : path.hasPrefix(place.dropLast()))
        }
    }
}

/// A page with nothing but words.
struct AdminMessage: Sendable {
    let frame: AdminFrame
    let heading: String
    let text: String
    let link: String
    let linkText: String
}

/// A field of a form that was sent back.
struct AdminField: Sendable {
    var value = ""
    /// What is wrong with it.
    var problem: String?
}

/// One of several to choose from.
struct AdminChoice: Sendable {
    let value: String
    let label: String
    let isChosen: Bool
}

extension AdminChoice {
    static func roles(_ chosen: String) -> [AdminChoice] {
        let meanings: [Role: String] = [
            .viewer: "viewer: reads", .editor: "editor: also posts, changes and deletes articles",
            .admin: "admin: also manages accounts and tokens",
        ]
        return Role.allCases.map {
            AdminChoice(value: $0.rawValue, label: meanings[$0] ?? $0.rawValue, isChosen: $0.rawValue == chosen)
        }
    }
}
