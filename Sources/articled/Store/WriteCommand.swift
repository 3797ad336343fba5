import Core

/// One change that a publisher asks for, checked and ready to be committed.
enum WriteCommand: Sendable {
    /// - Parameters:
    ///   - by: who posts it, for the audit log; the author, if the draft names none.
    ///   - published: when it was published, if that was elsewhere; else it is now.
    ///   - key: makes a repetition of the request return the first answer.
    case create(ArticleDraft, by: AuditActor, published: Timestamp? = nil, key: IdempotencyKey?)
    /// - Parameter ifMatch: the version that the article must have.
    case update(id: Int64, ArticlePatch, by: AuditActor, ifMatch: EntityTagCondition?)
    case delete(id: Int64, by: AuditActor, ifMatch: EntityTagCondition?)

    /// How much text it carries, in bytes.
    var textBytes: Int {
        switch self {
        case .create(let draft, _, _, _): draft.title.utf8.count + draft.body.utf8.count
        case .update(_, let patch, _, _): (patch.title?.utf8.count ?? 0) + (patch.body?.utf8.count ?? 0)
        case .delete: 0
        }
    }

    /// The name of its idempotency key.
    var keyName: String? {
        guard case .create(_, _, _, let key) = self else { return nil }
        return key?.name
    }
}

/// What makes a request the same as an earlier one.
struct IdempotencyKey: Hashable, Sendable {
    /// The account and the key that it sent: keys of different accounts have nothing to do with each other.
    let name: String
    /// SHA-256 of the request, so that the same key with another request is noticed.
    let fingerprint: [UInt8]
}

/// An `If-Match` or `If-None-Match` header (RFC 9110 sections 13.1.1 and 13.1.2).
enum EntityTagCondition: Hashable, Sendable {
    /// `*`: the article must exist.
    case any
    /// The article's version must be one of these.
    case oneOf([String])

    /// - Parameter header: `*` or a list of entity tags.
    init(_ header: String) {
        let elements = header.split(separator: ",").map { $0.filter { $0 != " " && $0 != "\t" } }
        let tags = elements.filter { !$0.isEmpty }
        self = tags == ["*"] ? .any : .oneOf(tags)
    }

    func matches(_ tag: String) -> Bool {
        switch self {
        case .any: true
        case .oneOf(let tags): tags.contains(tag)
        }
    }
}

/// What became of a command.
enum WriteOutcome: Sendable {
    case created(CreatedArticle)
    /// The same request was done before; its first answer, as JSON.
    case repeated([UInt8])
    case updated(VersionedArticle)
    case deleted
    case refused(ServiceError)
}

/// What a publisher is told of an article that was created.
struct CreatedArticle: Hashable, Sendable {
    let id: Int64
    let version: Cursor
    /// The article with its cursor, as JSON.
    let json: [UInt8]

    /// The article's entity tag, quotes included.
    var entityTag: String { version.entityTag }
}

extension Cursor {
    /// An article's entity tag (RFC 9110 section 8.8.3) is the event that made it what it is, quotes included.
    var entityTag: String { "\"\(self)\"" }
}

/// An article with the event that made it what it is.
struct VersionedArticle: Hashable, Sendable {
    let article: Article
    let version: Cursor

    /// The article's entity tag (RFC 9110 section 8.8.3), quotes included.
    var entityTag: String { version.entityTag }
}
