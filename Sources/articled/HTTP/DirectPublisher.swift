import Core
import NIOCore
import ServiceLifecycle

/// Publishing past the router: `POST /api/articles/` with a bearer token, which is nearly all that publishers send.
///
/// What is unusual about a request, whatever it is, goes the router's way, which does the same and more.
final class DirectPublisher: Service {
    private let policy: AccessPolicy
    private let limits: Live<ArticleLimits>
    private let basePath: BasePath
    private let outboxes: [ObjectIdentifier: PublicationOutbox]

    init(
        eventLoops: [any EventLoop], log: ArticleLog, policy: AccessPolicy, limits: Live<ArticleLimits>,
        basePath: BasePath
    ) {
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

    /// How long the body of a request may be.
    var maxRequestBytes: Int { ArticleBody.maxRequestBytes(limits.value) }

    /// - Parameters:
    ///   - request: head and body.
    ///   - peer: the other end of the connection.
    ///   - bearer: the connection's.
    /// - Throws: ``ServiceError``: why the request is refused.
    func command(
        _ head: PublicationHead, of request: ByteBuffer, peer: IPAddress?, bearer: inout PresentedBearer
    ) throws(ServiceError) -> WriteCommand {
        let text = HeadText(request)
        let hash = bearer.hash(of: request, at: head.authorization)
        let principal = try policy.authenticator.principal(bearer: hash)
        try principal.require(.editor)
        let address = policy.proxies.address(peer: peer) { name in
            head.forwarding.filter { text[$0.name].lowercased() == name }.map { text[$0.value] }
        }
        try policy.takeWrite(address)
        let actor = AuditActor(name: principal.name, address: address?.description ?? "")
        let publication = Publication(
            body: try ArticleBody(
                request.dropped(head.length), contentType: head.contentType.map { text[$0] }, contentEncoding: nil),
            idempotencyKey: head.idempotencyKey.map { text[$0] })
        return try publication.command(by: actor, limits: limits.value)
    }

    /// What answers a request, as bytes.
    struct RawAnswer {
        let status: Int
        /// Of the body; `nil` if nobody needs to know.
        let bodyBytes: Int?
        let bytes: ByteBuffer
    }

    /// The answer to the request.
    ///
    /// - Parameter isLast: the connection ends after this.
    func answer(_ outcome: WriteOutcome, isLast: Bool, requestID: String) -> RawAnswer {
        do {
            let answer = try Publication.Answer(outcome, basePath: basePath)
            let bytes = RawResponse.make(
                status: answer.status, headers: answer.headers, type: "application/json", body: answer.json,
                isLast: isLast, requestID: requestID)
            return RawAnswer(status: answer.status, bodyBytes: answer.json.count, bytes: bytes)
        } catch {
            return RawAnswer(
                status: error.code.rawValue, bodyBytes: nil,
                bytes: RawResponse.problem(error, isLast: isLast, requestID: requestID))
        }
    }
}

/// The text at places of a request's head, which is ASCII.
private struct HeadText {
    private let request: ByteBuffer
    private static let json = "application/json"

    init(_ request: ByteBuffer) {
        self.request = request
    }

    subscript(_ place: Range<Int>) -> String {
        request.withUnsafeReadableBytes { bytes in
            let bytes = UnsafeRawBufferPointer(rebasing: bytes[place])
            // What nearly all have, without making it anew.
            return bytes.elementsEqual(Self.json.utf8) ? Self.json : String(decoding: bytes, as: UTF8.self)
        }
    }
}

extension ByteBuffer {
    fileprivate func dropped(_ length: Int) -> ByteBuffer {
        var rest = self
        rest.moveReaderIndex(forwardBy: length)
        return rest
    }
}
