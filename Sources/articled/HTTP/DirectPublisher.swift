import Core
import NIOCore
import NIOHTTP1
import ServiceLifecycle

/// Publishing past the router: `POST /api/articles/` with a bearer token, which is nearly all that publishers send.
///
/// What is unusual about a request, whatever it is, goes the router's way, which does the same and more.
final class DirectPublisher: Service {
    private let policy: AccessPolicy
    private let limits: ArticleLimits
    private let basePath: BasePath
    private let outboxes: [ObjectIdentifier: PublicationOutbox]

    init(eventLoops: [any EventLoop], log: ArticleLog, policy: AccessPolicy, limits: ArticleLimits, basePath: BasePath)
    {
        self.policy = policy
        self.basePath = basePath
        self.limits = limits
        outboxes = Dictionary(
            uniqueKeysWithValues: eventLoops.map {
                (ObjectIdentifier($0), PublicationOutbox(eventLoop: $0, log: log))
            })
    }

    /// Lets the daemon stop only when all publishers have been answered.
    func run() async throws {
        try await gracefulShutdown()
        for outbox in outboxes.values { await outbox.drain() }
    }

    func outbox(of eventLoop: any EventLoop) -> PublicationOutbox {
        guard let outbox = outboxes[ObjectIdentifier(eventLoop)] else {
            preconditionFailure("a connection lives on one of the daemon's own event loops")
        }
        return outbox
    }

    /// How long the body of a request is that can be answered here; `nil` for all others.
    func bodyLength(_ head: HTTPRequestHead) -> Int? {
        guard head.method == .POST, head.uri == "/api/articles/" || head.uri == "/api/articles",
            head.version == .http1_1, !head.headers.contains(name: "expect"), !head.headers.contains(name: "upgrade"),
            // From a page: whether it may is for the router to say.
            !head.headers.contains(name: "origin"),
            let length = head.headers.first(name: "content-length").flatMap({ Int($0) }),
            length <= ArticleBody.maxRequestBytes(limits)
        else { return nil }
        let authorization = head.headers["authorization"]
        guard authorization.count == 1, Authenticator.bearerToken(authorization[0]) != nil else { return nil }
        return length
    }

    /// - Parameter peer: the other end of the connection.
    /// - Throws: ``ServiceError``: why the request is refused.
    func command(
        _ head: HTTPRequestHead, _ body: ByteBuffer, peer: IPAddress?
    ) throws(ServiceError) -> WriteCommand {
        let principal = try policy.authenticator.principal(bearer: head.headers.first(name: "authorization") ?? "")
        try principal.require(.editor)
        let address = policy.proxies.address(peer: peer) { head.headers[$0] }
        try policy.takeWrite(address)
        let actor = AuditActor(name: principal.name, address: address?.description ?? "")
        let keys = head.headers["idempotency-key"]
        let publication = Publication(
            body: try ArticleBody(
                body, contentType: head.headers.first(name: "content-type"),
                contentEncoding: head.headers.first(name: "content-encoding")),
            idempotencyKey: keys.isEmpty ? nil : keys.joined(separator: ", "))
        return try publication.command(by: actor, limits: limits)
    }

    /// The bytes that answer the request.
    ///
    /// - Parameter isLast: the connection ends after this.
    func answer(_ outcome: WriteOutcome, isLast: Bool) -> ByteBuffer {
        do {
            let answer = try Publication.Answer(outcome, basePath: basePath)
            return RawResponse.make(
                status: answer.status, headers: answer.headers, type: "application/json", body: answer.json,
                isLast: isLast)
        } catch {
            return RawResponse.problem(error, isLast: isLast)
        }
    }
}
