import Core
import Hummingbird

/// The members of a small request: a JSON object or a form, none of which may be unknown.
struct RequestFields: Sendable {
    private let members: [JSONMember]

    private static let maxBytes = 16 * 1024

    /// - Parameter known: the names that there may be.
    /// - Throws: ``ServiceError``.
    init(_ request: Request, known: [String]) async throws {
        let type = MediaRange((request.headers[.contentType] ?? "")[...]).type
        let bytes = try await request.body.collect(upTo: Self.maxBytes)
        let json: JSONValue
        switch type {
        case "application/json":
            do {
                json = try JSONParser.parse(Array(bytes.readableBytesView))
            } catch {
                throw ServiceError(.badRequest, "The body is not valid JSON: \(error).")
            }
        case "application/x-www-form-urlencoded":
            json = .object(try FormBody(bytes).pairs.map { JSONMember($0.name, .string($0.value)) })
        default:
            throw ServiceError(
                .unsupportedMediaType,
                "Send Content-Type: application/json or application/x-www-form-urlencoded, not \"\(type.prefix(100))\"."
            )
        }
        guard case .object(let members) = json else {
            throw ServiceError(.unprocessable, "The body must be a JSON object, not \(json.kind).")
        }
        let unknown = members.filter { !known.contains($0.name) }
        guard unknown.isEmpty else {
            let message = "is unknown; known are \(known.joined(separator: ", "))"
            throw ServiceError(invalid: unknown.map { FieldError(field: $0.name, message: message) })
        }
        self.members = members
    }

    func has(_ name: String) -> Bool { members.contains { $0.name == name } }

    /// - Throws: ``ServiceError`` `unprocessable` if it is missing or no string.
    func string(_ name: String) throws(ServiceError) -> String {
        guard let text = try optionalString(name) else {
            throw ServiceError(invalid: [FieldError(field: name, message: "is missing")])
        }
        return text
    }

    /// `nil` if it is missing or null.
    func optionalString(_ name: String) throws(ServiceError) -> String? {
        guard let value = members.first(where: { $0.name == name })?.value, value != .null else { return nil }
        guard case .string(let text) = value else {
            throw ServiceError(invalid: [FieldError(field: name, message: "must be a string, not \(value.kind)")])
        }
        return text
    }

    func role(_ name: String = "role") throws(ServiceError) -> Role {
        guard let role = Role(rawValue: try string(name)) else {
            throw ServiceError(invalid: [FieldError(field: name, message: "must be \(Role.choices)")])
        }
        return role
    }

    func optionalTimestamp(_ name: String) throws(ServiceError) -> Timestamp? {
        guard let text = try optionalString(name) else { return nil }
        guard let moment = Timestamp(text) else {
            throw ServiceError(invalid: [
                FieldError(field: name, message: "must be a time as in RFC 3339, such as 2026-11-23T17:22:00Z")
            ])
        }
        return moment
    }
}
