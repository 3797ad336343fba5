extension ControlMessage {
    /// The object as it stands in a frame.
    public var json: [UInt8] { value.bytes }

    private var value: JSONValue {
        switch self {
        case .hello(let node, let cursor, let last, let pingInterval, let server):
            wrapped(
                "hello",
                [
                    JSONMember("node", .string(node)), JSONMember("cursor", .string(cursor.description)),
                    JSONMember("last", .integer(Int64(last))), JSONMember("ping_ms", .integer(Int64(pingInterval))),
                    JSONMember("server", .string(server)),
                ])
        case .reset(let reason, let oldest):
            wrapped(
                "reset",
                [JSONMember("reason", .string(reason.rawValue)), JSONMember("oldest", .string(oldest.description))])
        case .live(let cursor):
            wrapped("live", [JSONMember("cursor", .string(cursor.description))])
        case .ping(.none):
            .object([JSONMember("ping", .bool(true))])
        case .ping(.some(let cursor)):
            .object([JSONMember("ping", .bool(true)), JSONMember("cursor", .string(cursor.description))])
        case .bye(let reason, let retryAfter):
            wrapped(
                "bye",
                [JSONMember("reason", .string(reason.rawValue)), JSONMember("retry_ms", .integer(Int64(retryAfter)))])
        }
    }

    private func wrapped(_ name: String, _ members: [JSONMember]) -> JSONValue {
        .object([JSONMember(name, .object(members))])
    }

    /// Reads a control object; `nil` for one that this version does not know, which a client passes over.
    public static func decode(_ json: JSONValue) throws(JSONShapeError) -> ControlMessage? {
        let object = try JSONObject(json, path: "control")
        if let value = object.value("hello") {
            let hello = try JSONObject(value, path: "hello")
            return .hello(
                node: try hello.string("node"), cursor: try hello.cursor("cursor"),
                last: Int(clamping: try hello.integer("last")),
                pingInterval: Int(clamping: try hello.integer("ping_ms")),
                server: try hello.string("server"))
        }
        if let value = object.value("reset") {
            let reset = try JSONObject(value, path: "reset")
            let name = try reset.string("reason")
            guard let reason = ResetReason(rawValue: name) else {
                throw JSONShapeError(path: "reset.reason", reason: "is unknown: \"\(name)\"")
            }
            return .reset(reason: reason, oldest: try reset.cursor("oldest"))
        }
        if let value = object.value("live") {
            return .live(cursor: try JSONObject(value, path: "live").cursor("cursor"))
        }
        if object.value("ping") != nil {
            return .ping(cursor: object.value("cursor") == nil ? nil : try object.cursor("cursor"))
        }
        if let value = object.value("bye") {
            let bye = try JSONObject(value, path: "bye")
            let name = try bye.string("reason")
            guard let reason = ByeReason(rawValue: name) else {
                throw JSONShapeError(path: "bye.reason", reason: "is unknown: \"\(name)\"")
            }
            return .bye(reason: reason, retryAfter: Int(clamping: try bye.integer("retry_ms")))
        }
        return nil
    }
}
