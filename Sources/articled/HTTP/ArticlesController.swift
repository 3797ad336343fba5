import Core
import HTTPTypes
import Hummingbird
import NIOCore

/// `/api/articles/`: list, create, read, replace, change, delete.
struct ArticlesController: Sendable {
    static let defaultPage = 20
    static let maxPage = 500

    let store: any Store
    let log: ArticleLog
    let limits: Live<ArticleLimits>
    let basePath: BasePath

    func addRoutes(to router: some RouterMethods<AppRequestContext>) {
        router.resource("/api/articles", [.get: list, .post: create])
        router.resource("/api/topics", [.get: topics])
        router.resource("/api/articles/:id", [.get: get, .put: replace, .patch: change, .delete: delete])
    }

    // MARK: - Reading

    @Sendable private func list(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        var query = try Self.query(request)
        // One more tells whether there is a next page.
        query.limit += 1
        var articles = try await store.articles(query)
        query.limit -= 1
        let hasMore = articles.count > query.limit
        if hasMore { articles.removeLast() }

        var writer = JSONWriter(capacity: 4096)
        writer.raw("{\"results\":[")
        for (index, article) in articles.enumerated() {
            if index > 0 { writer.raw(",") }
            article.write(to: &writer)
        }
        writer.raw("],\"next\":")
        if hasMore, let last = articles.last {
            writer.string(basePath.link(Self.nextPage(query, last: last.id)))
        } else {
            writer.raw("null")
        }
        writer.raw("}")
        return .json(writer.bytes)
    }

    @Sendable private func topics(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let results = try await store.topics().map { topic, count in
            JSONValue.object([JSONMember("topic", .string(topic)), JSONMember("count", .integer(Int64(count)))])
        }
        return .json(JSONValue.object([JSONMember("results", .array(results))]).bytes)
    }

    private static func query(_ request: Request) throws(ServiceError) -> ArticleQuery {
        var query = ArticleQuery(limit: defaultPage)
        var topics: [String] = []
        for (key, value) in try FormBody(query: request).pairs {
            switch key {
            case "topic":
                guard isTopic(value) else {
                    throw ServiceError(.badRequest, "The parameter topic must be a topic such as news.")
                }
                topics.append(value)
            case "q":
                guard !value.unicodeScalars.contains("\0") else {
                    throw ServiceError(.badRequest, "The parameter q must not hold U+0000.")
                }
                query.text = value.isEmpty ? nil : value
            case "before":
                guard let before = Int64(value), before > 0 else {
                    throw ServiceError(.badRequest, "The parameter before must be an article's id.")
                }
                query.before = before
            case "after":
                guard let after = Int64(value), after >= 0 else {
                    throw ServiceError(.badRequest, "The parameter after must be an article's id, or 0.")
                }
                query.after = after
            case "limit":
                guard let limit = Int(value), (1...maxPage).contains(limit) else {
                    throw ServiceError(.badRequest, "The parameter limit must be a number from 1 to \(maxPage).")
                }
                query.limit = limit
            default: break
            }
        }
        guard query.before == nil || query.after == nil else {
            throw ServiceError(.badRequest, "Only one of the parameters before and after can be given.")
        }
        query.filter = TopicFilter(topics)
        return query
    }

    private static func nextPage(_ query: ArticleQuery, last: Int64) -> String {
        var items = [(name: query.after == nil ? "before" : "after", value: String(last))]
        if query.limit != defaultPage { items.append(("limit", String(query.limit))) }
        items += query.filter.topics.map { ("topic", $0) }
        if let text = query.text { items.append(("q", text)) }
        return "/api/articles/" + QueryString.encode(items)
    }

    @Sendable private func get(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let id = try Self.id(context)
        guard let found = try await store.article(id: id) else {
            throw ServiceError(.notFound, "There is no article \(id).")
        }
        // Compared weakly, and so is what a proxy has compressed (RFC 9110 section 13.1.2).
        let known = request.headers[.ifNoneMatch]?.replacing("W/", with: "")
        if let condition = Self.condition(known), condition.matches(found.entityTag) {
            return Response(status: .notModified, headers: [.eTag: found.entityTag])
        }
        return .json(found.article.json(), headers: [.eTag: found.entityTag])
    }

    // MARK: - Writing

    @Sendable private func create(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let actor = context.auditActor(try context.require(.editor))
        let publication = Publication(
            body: try await ArticleBody(request, limits: limits.value), idempotencyKey: request.headers[.idempotencyKey]
        )
        let answer = try Publication.Answer(
            try await log.append(try publication.command(by: actor, limits: limits.value)))
        var headers = HTTPFields()
        for header in answer.headers { if let name = HTTPField.Name(header.name) { headers[name] = header.value } }
        return .json(answer.json, status: .init(code: answer.status), headers: headers)
    }

    @Sendable private func replace(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        try await update(request, context) { body throws(ServiceError) in
            let draft = try body.draft()
            return ArticlePatch(title: draft.title, body: draft.body, topic: draft.topic, author: draft.author)
        }
    }

    @Sendable private func change(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        try await update(request, context) { body throws(ServiceError) in
            let patch = try body.patch()
            guard patch != ArticlePatch() else {
                throw ServiceError(.unprocessable, "Name at least one of title, body, topic and author.")
            }
            return patch
        }
    }

    private func update(
        _ request: Request, _ context: AppRequestContext, patch: (ArticleBody) throws(ServiceError) -> ArticlePatch
    ) async throws -> Response {
        let actor = context.auditActor(try context.require(.editor))
        let id = try Self.id(context)
        let body = try await ArticleBody(request, limits: limits.value)
        let checked = try patch(body).validated(limits: limits.value)
        let condition = Self.condition(request.headers[.ifMatch])
        guard case .updated(let updated) = try await log.append(.update(id: id, checked, by: actor, ifMatch: condition))
        else {
            throw ServiceError(.internalError, "The article was changed in an unexpected way.")
        }
        return .json(updated.article.json(cursor: updated.version), headers: [.eTag: updated.entityTag])
    }

    @Sendable private func delete(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let actor = context.auditActor(try context.require(.editor))
        let id = try Self.id(context)
        _ = try await log.append(.delete(id: id, by: actor, ifMatch: Self.condition(request.headers[.ifMatch])))
        return Response(status: .noContent)
    }

    // MARK: - What requests carry

    private static func id(_ context: AppRequestContext) throws(ServiceError) -> Int64 {
        let text = context.parameters.get("id") ?? ""
        guard let id = Int64(text), id > 0, String(id) == text else {
            throw ServiceError(.notFound, "There is no article \"\(text.prefix(40))\".")
        }
        return id
    }

    /// Reads `If-Match` or `If-None-Match`: `*` or a list of entity tags.
    private static func condition(_ value: String?) -> EntityTagCondition? {
        guard let value else { return nil }
        let tags = value.split(separator: ",").map { $0.filter { $0 != " " && $0 != "\t" } }
        return tags == ["*"] ? .any : .oneOf(tags)
    }
}

extension HTTPField.Name {
    static let idempotencyKey = HTTPField.Name("Idempotency-Key")!
}
