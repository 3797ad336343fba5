import Core
import Crypto
import HTTPTypes
import Hummingbird

struct AdminArticleList: Sendable {
    let frame: AdminFrame
    let search: String
    let topics: [AdminChoice]
    let articles: [Entry]
    let total: Int
    let isOne: Bool
    let isFiltered: Bool
    let isEmpty: Bool
    let page: Int
    let pages: Int
    let newer: String?
    let older: String?
    let hasPages: Bool
}

struct AdminArticleForm: Sendable {
    let frame: AdminFrame
    let heading: String
    /// 0 for a new one.
    let id: Int64
    let isNew: Bool
    let action: String
    let version: String
    let key: String
    let title: AdminField
    let body: AdminField
    let topic: AdminField
    let author: AdminField
    let topics: [String]
    let preview: Entry?
    /// What somebody else has saved meanwhile.
    let theirs: Entry?
}

struct AdminArticleDeletion: Sendable {
    let frame: AdminFrame
    let articles: [Entry]
    let count: Int
    let isOne: Bool
    let action: String
}

struct AdminHistory: Sendable {
    let frame: AdminFrame
    let id: Int64
    let title: String
    let exists: Bool
    let entries: [AdminAuditLine]
}

extension AdminSite {
    private static let pageSize = 50

    func addArticleRoutes(to router: some RouterMethods<AppRequestContext>) {
        route(router, "/admin/articles", .editor, get: listArticles)
        route(router, "/admin/articles/add", .editor, get: showNewArticle, post: saveNewArticle)
        route(
            router, "/admin/articles/delete", .editor, get: { _ in .seeOther("/admin/articles/") }, post: deleteArticles
        )
        route(router, "/admin/articles/:id", .editor, get: showArticle, post: saveArticle)
        route(router, "/admin/articles/:id/history", .editor, get: showHistory)
        route(router, "/admin/articles/:id/delete", .editor, get: confirmDeletion, post: deleteArticle)
    }

    // MARK: - The list

    @Sendable private func listArticles(_ visit: AdminVisit) async throws -> Response {
        let search = visit.query("q") ?? ""
        let topic = visit.query("topic").flatMap { isTopic($0) ? $0 : nil }
        let page = max(1, min(Int(visit.query("page") ?? "") ?? 1, 1_000_000))
        var query = ArticleQuery(limit: Self.pageSize)
        query.text = search.isEmpty ? nil : search.replacing("\0", with: "")
        if let topic { query.filter = TopicFilter([topic]) }
        let listing = try await store.listing(query, skipping: (page - 1) * Self.pageSize)
        let pages = max(1, (listing.total + Self.pageSize - 1) / Self.pageSize)
        func link(_ page: Int) -> String {
            var items: [(name: String, value: String)] = [("page", String(page))]
            if !search.isEmpty { items.append(("q", search)) }
            if let topic { items.append(("topic", topic)) }
            return "/admin/articles/" + QueryString.encode(items)
        }
        let now = Timestamp.now
        return renderer.page(
            "articles",
            AdminArticleList(
                frame: visit.frame("Articles"), search: search,
                topics: try await store.topics().map {
                    AdminChoice(value: $0.topic, label: "\($0.topic) (\($0.count))", isChosen: $0.topic == topic)
                }, articles: listing.articles.map { Entry($0, now: now, isWhole: false) }, total: listing.total,
                isOne: listing.total == 1, isFiltered: !search.isEmpty || topic != nil,
                isEmpty: listing.articles.isEmpty, page: page, pages: pages, newer: page > 1 ? link(page - 1) : nil,
                older: page < pages ? link(page + 1) : nil, hasPages: pages > 1))
    }

    // MARK: - The form

    private struct Draft {
        var title = ""
        var body = ""
        var topic = ArticleLimits.defaultTopic
        var author = ""

        init() {}

        init(_ article: Article) {
            (title, body, topic, author) = (article.title, article.body, article.topic, article.author)
        }

        init(_ form: FormBody) {
            title = form["title"] ?? ""
            // Browsers end lines in forms with CR and LF.
            body = (form["body"] ?? "").replacing("\r\n", with: "\n")
            topic = form["topic"] ?? ""
            author = form["author"] ?? ""
        }

        /// Without an author it is the account, or stays what it was.
        var patch: ArticlePatch {
            ArticlePatch(title: title, body: body, topic: topic, author: author.isEmpty ? nil : author)
        }
    }

    private func form(
        _ visit: AdminVisit, _ draft: Draft, id: Int64?, version: String, error: ServiceError? = nil,
        problem: String? = nil, preview: Bool = false, theirs: Article? = nil, status: HTTPResponse.Status = .ok
    ) async throws -> Response {
        let general = problem ?? (error?.errors.isEmpty == true ? error?.detail : nil)
        let now = Timestamp.now
        let shown = Article(
            id: id ?? 0, title: draft.title, body: draft.body, topic: draft.topic, author: draft.author, published: now)
        return renderer.page(
            "article-form",
            AdminArticleForm(
                frame: visit.frame(id == nil ? "Add an article" : "Change article", problem: general),
                heading: id == nil ? "Add an article" : "Change article", id: id ?? 0, isNew: id == nil,
                action: id.map { "/admin/articles/\($0)/" } ?? "/admin/articles/add/", version: version,
                key: visit.form?["key"] ?? Secret().text,
                title: AdminField(value: draft.title, problem: error?.problem(of: "title")),
                body: AdminField(value: draft.body, problem: error?.problem(of: "body")),
                topic: AdminField(value: draft.topic, problem: error?.problem(of: "topic")),
                author: AdminField(value: draft.author, problem: error?.problem(of: "author")),
                topics: try await store.topics().map(\.topic),
                preview: preview ? Entry(shown, now: now, isWhole: true) : nil,
                theirs: theirs.map { Entry($0, now: now, isWhole: true) }),
            status: status)
    }

    @Sendable private func showNewArticle(_ visit: AdminVisit) async throws -> Response {
        var draft = Draft()
        draft.author = visit.principal.name
        return try await form(visit, draft, id: nil, version: "")
    }

    @Sendable private func saveNewArticle(_ visit: AdminVisit) async throws -> Response {
        guard let sent = visit.form else { throw Self.forged }
        let draft = Draft(sent)
        do {
            let checked = try draft.patch.validated(limits: limits.value)
            guard sent["do"] != "preview" else {
                return try await form(visit, draft, id: nil, version: "", preview: true)
            }
            // Sent twice, by an impatient click, it is posted once.
            let key =
                try (sent["key"] ?? "").isEmpty
                ? nil
                : IdempotencyKey(
                    of: visit.actor, "admin \(sent["key"] ?? "")",
                    fingerprint: Array(SHA256.hash(data: Array(draft.title.utf8 + [0] + draft.body.utf8))))
            _ = try await log.append(
                .create(
                    ArticleDraft(
                        title: checked.title ?? "", body: checked.body ?? "", topic: checked.topic ?? "",
                        author: checked.author), by: visit.actor, key: key))
        } catch let error as ServiceError {
            return try await form(
                visit, draft, id: nil, version: "", error: error, status: .init(code: error.code.rawValue))
        }
        return .seeOther(sent["do"] == "save-add" ? "/admin/articles/add/?done=added" : "/admin/articles/?done=added")
    }

    @Sendable private func showArticle(_ visit: AdminVisit) async throws -> Response {
        let found = try await article(try visit.id())
        return try await form(visit, Draft(found.article), id: found.article.id, version: found.entityTag)
    }

    private func article(_ id: Int64) async throws -> VersionedArticle {
        guard let found = try await store.article(id: id) else {
            throw ServiceError(.notFound, "There is no article \(id): it was deleted, or the address is mistyped.")
        }
        return found
    }

    @Sendable private func saveArticle(_ visit: AdminVisit) async throws -> Response {
        guard let sent = visit.form else { throw Self.forged }
        let id = try visit.id()
        let draft = Draft(sent)
        let version = sent["version"] ?? ""
        do {
            let checked = try draft.patch.validated(limits: limits.value)
            guard sent["do"] != "preview" else {
                return try await form(visit, draft, id: id, version: version, preview: true)
            }
            _ = try await log.append(.update(id: id, checked, by: visit.actor, ifMatch: .oneOf([version])))
        } catch let error as ServiceError where error.code == .preconditionFailed {
            // Both texts are kept: theirs is shown, and what was typed is still in the form.
            let current = try await article(id)
            return try await form(
                visit, draft, id: id, version: current.entityTag,
                problem: "Somebody else has changed this article since you opened it; nothing of yours was saved. "
                    + "Their version is shown below. Save again to replace it with yours.",
                theirs: current.article, status: .conflict)
        } catch let error as ServiceError where error.code == .notFound {
            return try await form(
                visit, draft, id: nil, version: "",
                problem: "The article was deleted meanwhile. Save to post your text as a new article.",
                status: .conflict)
        } catch let error as ServiceError {
            return try await form(
                visit, draft, id: id, version: version, error: error, status: .init(code: error.code.rawValue))
        }
        return .seeOther(
            sent["do"] == "save-continue" ? "/admin/articles/\(id)/?done=changed" : "/admin/articles/?done=changed")
    }

    // MARK: - History

    @Sendable private func showHistory(_ visit: AdminVisit) async throws -> Response {
        let id = try visit.id()
        var query = AuditQuery(limit: 500)
        query.article = id
        let entries = try await store.audit(query)
        let article = try await store.article(id: id)?.article
        guard article != nil || !entries.isEmpty else {
            throw ServiceError(.notFound, "Nothing is known of an article \(id).")
        }
        let now = Timestamp.now
        return renderer.page(
            "history",
            AdminHistory(
                frame: visit.frame("History"), id: id,
                title: article?.title ?? entries.first { $0.subject != nil }?.subject ?? "", exists: article != nil,
                entries: entries.map { AdminAuditLine($0, now: now) }))
    }

    // MARK: - Deletion

    private func confirmation(_ visit: AdminVisit, _ articles: [Article], action: String) -> Response {
        let now = Timestamp.now
        return renderer.page(
            "article-delete",
            AdminArticleDeletion(
                frame: visit.frame("Delete"), articles: articles.map { Entry($0, now: now, isWhole: false) },
                count: articles.count, isOne: articles.count == 1, action: action))
    }

    @Sendable private func confirmDeletion(_ visit: AdminVisit) async throws -> Response {
        let found = try await article(try visit.id())
        return confirmation(visit, [found.article], action: "/admin/articles/\(found.article.id)/delete/")
    }

    @Sendable private func deleteArticle(_ visit: AdminVisit) async throws -> Response {
        _ = try await log.append(.delete(id: try visit.id(), by: visit.actor, ifMatch: nil))
        return .seeOther("/admin/articles/?done=deleted")
    }

    /// Shows what would be deleted; does it when it is sent again from there.
    @Sendable private func deleteArticles(_ visit: AdminVisit) async throws -> Response {
        guard let sent = visit.form else { throw Self.forged }
        let ids = Set(sent.values("id").compactMap { Int64($0) }).sorted(by: >)
        guard !ids.isEmpty else {
            throw ServiceError(.unprocessable, "No article is ticked. Go back and tick those that should be deleted.")
        }
        guard ids.count <= 1000 else {
            throw ServiceError(.unprocessable, "At most 1000 articles can be deleted at once.")
        }
        guard sent["confirmed"] == "yes" else {
            var articles: [Article] = []
            for id in ids { if let found = try await store.article(id: id) { articles.append(found.article) } }
            return confirmation(visit, articles, action: "/admin/articles/delete/")
        }
        for outcome in await log.append(ids.map { .delete(id: $0, by: visit.actor, ifMatch: nil) }) {
            // Those that somebody else has deleted meanwhile are as they should be.
            if case .refused(let error) = outcome, error.code != .notFound { throw error }
        }
        return .seeOther("/admin/articles/?done=deleted")
    }
}
