/// The members that a publisher may send.
private let draftMembers = ["title", "body", "topic", "author"]

extension ArticleDraft {
    /// The draft as a JSON object; a topic that is the default and an absent author are left out.
    public var json: [UInt8] {
        var writer = JSONWriter(capacity: body.utf8.count + 320)
        writer.raw("{\"title\":")
        writer.string(title)
        writer.raw(",\"body\":")
        writer.string(body)
        writer.raw(",\"topic\":")
        writer.string(topic)
        if let author {
            writer.raw(",\"author\":")
            writer.string(author)
        }
        writer.raw("}")
        return writer.bytes
    }

    /// Reads a draft strictly.
    ///
    /// - Throws: ``ServiceError`` `unprocessable` naming each member that is unknown, missing or of the wrong type.
    public init(json: JSONValue) throws(ServiceError) {
        let patch = try ArticlePatch(json: json, required: ["title"])
        self.init(
            title: patch.title ?? "", body: patch.body ?? "", topic: patch.topic ?? ArticleLimits.defaultTopic,
            author: patch.author)
    }

    /// Reads a draft from the pairs of a form, each a string.
    public init(form: [(name: String, value: String)]) throws(ServiceError) {
        self = try ArticleDraft(json: formObject(form))
    }
}

extension ArticlePatch {
    /// The members that are to change, as a JSON object.
    public var json: [UInt8] {
        let members = [("title", title), ("body", body), ("topic", topic), ("author", author)]
        let present = members.compactMap { name, value in value.map { JSONMember(name, .string($0)) } }
        return JSONValue.object(present).bytes
    }

    /// Reads a change strictly.
    ///
    /// - Parameter required: members that must be there.
    /// - Throws: ``ServiceError`` `unprocessable` naming each member that is unknown, missing or of the wrong type.
    public init(json: JSONValue, required: [String] = []) throws(ServiceError) {
        guard case .object(let members) = json else {
            throw ServiceError(.unprocessable, "An article must be a JSON object, not \(json.kind).")
        }
        var errors: [FieldError] = []
        self.init()
        for member in members {
            guard draftMembers.contains(member.name) else {
                errors.append(
                    FieldError(
                        field: member.name, message: "is unknown; known are \(draftMembers.joined(separator: ", "))"))
                continue
            }
            guard case .string(let value) = member.value else {
                errors.append(FieldError(field: member.name, message: "must be a string, not \(member.value.kind)"))
                continue
            }
            switch member.name {
            case "title": title = value
            case "body": body = value
            case "topic": topic = value
            default: author = value
            }
        }
        for name in required where !members.contains(where: { $0.name == name }) {
            errors.append(FieldError(field: name, message: "is missing"))
        }
        guard errors.isEmpty else { throw ServiceError(invalid: errors) }
    }

    /// Reads a change from the pairs of a form, each a string.
    public init(form: [(name: String, value: String)]) throws(ServiceError) {
        self = try ArticlePatch(json: formObject(form))
    }
}

private func formObject(_ pairs: [(name: String, value: String)]) throws(ServiceError) -> JSONValue {
    var seen: Set<String> = []
    for pair in pairs where !seen.insert(pair.name).inserted {
        throw ServiceError(invalid: [FieldError(field: pair.name, message: "occurs twice")])
    }
    return .object(pairs.map { JSONMember($0.name, .string($0.value)) })
}
