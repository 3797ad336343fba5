import Core
import Crypto
import Foundation
import Hummingbird
import NIOCore

/// A request to create an article, apart from how it came: both the router and the short way past it make it.
struct Publication: Sendable {
    let body: ArticleBody
    /// The header of that name.
    let idempotencyKey: String?

    /// The command to commit.
    ///
    /// - Throws: ``ServiceError``: why the article can't be created.
    func command(by actor: AuditActor, limits: ArticleLimits) throws(ServiceError) -> WriteCommand {
        let draft = try body.draft().validated(limits: limits)
        return .create(draft, by: actor, key: try key(actor))
    }

    private func key(_ actor: AuditActor) throws(ServiceError) -> IdempotencyKey? {
        guard let idempotencyKey else { return nil }
        var hash = SHA256()
        hash.update(data: Array(body.contentType.utf8) + [0])
        hash.update(data: Array(body.bytes.readableBytesView))
        return try IdempotencyKey(of: actor, idempotencyKey, fingerprint: Array(hash.finalize()))
    }

    /// What the publisher is answered.
    struct Answer {
        /// 200 or 201.
        let status: Int
        let headers: [(name: String, value: String)]
        let json: [UInt8]

        /// - Parameter basePath: what the place of the article begins with.
        /// - Throws: ``ServiceError``: why the article was not created.
        init(_ outcome: WriteOutcome, basePath: BasePath = .root) throws(ServiceError) {
            switch outcome {
            case .created(let created):
                status = 201
                headers = [
                    ("Location", basePath.link("/api/articles/\(created.id)/")), ("ETag", created.entityTag),
                ]
                json = created.json
            case .repeated(let answer):
                status = 200
                headers = []
                json = answer
            case .refused(let error):
                throw error
            case .updated, .deleted:
                throw ServiceError(.internalError, "The article was stored in an unexpected way.")
            }
        }
    }
}

extension IdempotencyKey {
    /// - Throws: ``ServiceError`` `badRequest` if the key is too long or empty.
    init(of actor: AuditActor, _ key: String, fingerprint: [UInt8]) throws(ServiceError) {
        guard (1...255).contains(key.utf8.count) else {
            throw ServiceError(.badRequest, "An idempotency key must have 1 to 255 characters.")
        }
        // Neither an account's name nor a header can hold a line feed.
        self.init(name: "\(actor.name)\n\(key)", fingerprint: fingerprint)
    }
}
