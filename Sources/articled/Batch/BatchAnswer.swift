import Core

/// What one line of a batch is answered.
struct BatchAnswer: Sendable {
    /// The number of the line, from 1.
    let line: Int
    let outcome: WriteOutcome

    /// A line of JSON.
    var json: [UInt8] {
        var members = [JSONMember("line", .integer(Int64(line)))]
        switch outcome {
        case .created(let created):
            members += [
                JSONMember("status", .integer(201)), JSONMember("id", .integer(created.id)),
                JSONMember("cursor", .string(created.version.description)),
            ]
        case .repeated(let answer):
            members.append(JSONMember("status", .integer(200)))
            // The stored answer is the daemon's own.
            let earlier = try? JSONParser.parse(answer)
            for name in ["id", "cursor"] {
                if let value = earlier?[name] { members.append(JSONMember(name, value)) }
            }
        case .refused(let error):
            members += Self.members(of: error)
        case .updated, .deleted:
            members += Self.members(
                of: ServiceError(.internalError, "The article was stored in an unexpected way."))
        }
        return JSONValue.object(members).bytes + [UInt8(ascii: "\n")]
    }

    /// As a problem has them.
    private static func members(of error: ServiceError) -> [JSONMember] {
        guard case .object(let members) = error.problem() else { return [] }
        let wanted: Set = error.errors.isEmpty ? ["status", "detail"] : ["status", "errors"]
        return members.filter { wanted.contains($0.name) }
    }
}
