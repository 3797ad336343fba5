import Core
import Crypto

/// One line of a batch: a draft, optionally with a key and with the time at which it was published elsewhere.
struct BatchDraft {
    let command: WriteCommand

    /// - Parameter line: a JSON object.
    /// - Throws: ``ServiceError``: why the article can't be created.
    init(_ line: [UInt8], by actor: AuditActor, limits: ArticleLimits) throws(ServiceError) {
        let json: JSONValue
        do {
            json = try JSONParser.parse(line)
        } catch {
            throw ServiceError(.badRequest, "The line is not valid JSON: \(error).")
        }
        guard case .object(let members) = json else {
            throw ServiceError(.unprocessable, "A line must be a JSON object, not \(json.kind).")
        }
        let others = members.filter { $0.name != "key" && $0.name != "published" }
        let draft = try ArticleDraft(json: .object(others)).validated(limits: limits)
        command = .create(
            draft, by: actor, published: try Self.published(json["published"]),
            key: try Self.key(json["key"], of: actor, line))
    }

    private static func published(_ value: JSONValue?) throws(ServiceError) -> Timestamp? {
        guard let value else { return nil }
        guard let text = value.stringValue, let published = Timestamp(text) else {
            throw ServiceError(invalid: [
                FieldError(field: "published", message: "must be a time as in RFC 3339, such as 2026-11-23T17:22:00Z")
            ])
        }
        return published
    }

    private static func key(
        _ value: JSONValue?, of actor: AuditActor, _ line: [UInt8]
    ) throws(ServiceError) -> IdempotencyKey? {
        guard let value else { return nil }
        guard let text = value.stringValue, (1...255).contains(text.utf8.count), !text.utf8.contains(0x0A) else {
            throw ServiceError(invalid: [
                FieldError(field: "key", message: "must be a string of 1 to 255 bytes on one line")
            ])
        }
        return try IdempotencyKey(of: actor, text, fingerprint: Array(SHA256.hash(data: line)))
    }
}
