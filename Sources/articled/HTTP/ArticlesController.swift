import Core
import HTTPTypes
import Hummingbird
import NIOCore

/// `/api/articles/`: list, create, read, replace, change, delete.
struct ArticlesController: Sendable {
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
        var query = try ArticleQuery(FormBody(query: request))
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
            writer.string(basePath.link("/api/articles/" + query.next(behind: last.id)))
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

    @Sendable private func get(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let id = try Self.id(context)
        guard let found = try await store.article(id: id) else {
            throw ServiceError(.notFound, "There is no article \(id).")
        }
        // Compared weakly, and so is what a proxy has compressed (RFC 9110 section 13.1.2).
        let known = request.headers[.ifNoneMatch]?.replacing("W/", with: "")
        if let condition = known.map(EntityTagCondition.init), condition.matches(found.entityTag) {
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
        let condition = request.headers[.ifMatch].map(EntityTagCondition.init)
        guard case .updated(let updated) = try await log.append(.update(id: id, checked, by: actor, ifMatch: condition))
        else {
            throw ServiceError(.internalError, "The article was changed in an unexpected way.")
        }
        return .json(updated.article.json(cursor: updated.version), headers: [.eTag: updated.entityTag])
    }

    @Sendable private func delete(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let actor = context.auditActor(try context.require(.editor))
        let id = try Self.id(context)
        let condition = request.headers[.ifMatch].map(EntityTagCondition.init)
        _ = try await log.append(.delete(id: id, by: actor, ifMatch: condition))
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
}

extension HTTPField.Name {
    static let idempotencyKey = HTTPField.Name("Idempotency-Key")!
}
