import Core
import HTTPTypes
import Hummingbird
import NIOCore

/// `POST /api/articles/batch`: drafts, one a line, answered line by line while they arrive.
struct BatchController: Sendable {
    let log: ArticleLog
    let policy: AccessPolicy
    let limits: Live<ArticleLimits>

    private static let types: Set = ["application/x-ndjson", "application/ndjson", "application/jsonl"]

    func addRoutes(to router: some RouterMethods<AppRequestContext>) {
        router.resource("/api/articles/batch", [.post: publish])
    }

    @Sendable private func publish(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let principal = try context.require(.editor)
        let type = MediaRange((request.headers[.contentType] ?? "")[...]).type
        guard Self.types.contains(type) else {
            throw ServiceError(
                .unsupportedMediaType, "Send Content-Type: application/x-ndjson and a JSON object on each line.")
        }
        if let encoding = request.headers[.contentEncoding], encoding.lowercased() != "identity" {
            throw ServiceError(.unsupportedMediaType, "Send the body as it is, not with Content-Encoding.")
        }
        // However long it is, as long as it goes on.
        try await RequestDeadline.bodyMayTakeItsTime(on: context.channel)
        let (policy, address) = (policy, context.client.address)
        let publisher = BatchPublisher(
            log: log, actor: context.auditActor(principal), limits: limits.value,
            takeWrite: { () throws(ServiceError) in try policy.takeWrite(address) })
        let body = request.body
        return Response(
            status: .ok, headers: [.contentType: "application/x-ndjson", .xContentTypeOptions: "nosniff"],
            body: ResponseBody { writer in try await publisher.publish(body, answeringTo: &writer) })
    }
}
