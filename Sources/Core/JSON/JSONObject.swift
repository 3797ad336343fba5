/// Why JSON is not what was expected, naming the member.
public struct JSONShapeError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Where, such as `fields.title`.
    public let path: String
    /// "must be a string, not a number", "is missing".
    public let reason: String

    public init(path: String, reason: String) {
        self.path = path
        self.reason = reason
    }

    public var description: String { "\(path) \(reason)" }
}

/// A JSON object whose members are read by name and type.
public struct JSONObject {
    private let members: [JSONMember]
    private let path: String

    /// - Parameter path: how messages name this object.
    public init(_ value: JSONValue, path: String) throws(JSONShapeError) {
        guard case .object(let members) = value else {
            throw JSONShapeError(path: path, reason: "must be an object, not \(value.kind)")
        }
        self.members = members
        self.path = path
    }

    /// Of all members, in their order.
    public var names: [String] { members.map(\.name) }

    /// A member's value; `nil` if there is no such member.
    public func value(_ name: String) -> JSONValue? {
        members.first { $0.name == name }?.value
    }

    /// A member that must be a string.
    public func string(_ name: String) throws(JSONShapeError) -> String {
        let value = try required(name)
        guard case .string(let string) = value else { throw mismatch(name, "a string", value) }
        return string
    }

    /// A member that must be a whole number of 64 bits.
    public func integer(_ name: String) throws(JSONShapeError) -> Int64 {
        let value = try required(name)
        guard case .integer(let integer) = value else { throw mismatch(name, "an integer", value) }
        return integer
    }

    /// A member that must be an object.
    public func object(_ name: String) throws(JSONShapeError) -> JSONObject {
        try JSONObject(required(name), path: "\(path).\(name)")
    }

    /// A member that must be a time as in RFC 3339.
    public func timestamp(_ name: String) throws(JSONShapeError) -> Timestamp {
        guard let timestamp = Timestamp(try string(name)) else {
            throw JSONShapeError(path: "\(path).\(name)", reason: "must be a time as in RFC 3339")
        }
        return timestamp
    }

    /// The same, or `nil` where it is missing or `null`.
    public func optionalTimestamp(_ name: String) throws(JSONShapeError) -> Timestamp? {
        guard let value = value(name), value != .null else { return nil }
        return try timestamp(name)
    }

    /// A member that must be a cursor.
    public func cursor(_ name: String) throws(JSONShapeError) -> Cursor {
        guard let cursor = Cursor(try string(name)) else {
            throw JSONShapeError(path: "\(path).\(name)", reason: "must be a cursor such as 42-9c1e7a3b")
        }
        return cursor
    }

    private func required(_ name: String) throws(JSONShapeError) -> JSONValue {
        guard let value = value(name) else { throw JSONShapeError(path: "\(path).\(name)", reason: "is missing") }
        return value
    }

    private func mismatch(_ name: String, _ wanted: String, _ value: JSONValue) -> JSONShapeError {
        JSONShapeError(path: "\(path).\(name)", reason: "must be \(wanted), not \(value.kind)")
    }
}
