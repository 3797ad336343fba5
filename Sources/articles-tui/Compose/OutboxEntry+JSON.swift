import Core

/// As it is kept in the state file.
extension OutboxEntry {
    var json: [UInt8] {
        var members = [
            JSONMember("draft", (try? JSONParser.parse(draft.json)) ?? .null),
            JSONMember("problem", problem.map(JSONValue.string) ?? .null),
        ]
        switch kind {
        case .add: break
        case .edit(let base): members.append(JSONMember("edit", Self.value(base)))
        case .delete(let article): members.append(JSONMember("delete", Self.value(article)))
        }
        return JSONValue.object(members).bytes
    }

    private static func value(_ article: Article) -> JSONValue {
        (try? JSONParser.parse(article.json())) ?? .null
    }

    /// `nil` if the bytes are none of ours.
    init?(key: String, json bytes: [UInt8]) {
        guard let value = try? JSONParser.parse(bytes), let draft = value["draft"],
            let title = draft["title"]?.stringValue, let body = draft["body"]?.stringValue,
            let topic = draft["topic"]?.stringValue
        else { return nil }
        self.key = key
        self.draft = ArticleDraft(title: title, body: body, topic: topic)
        problem = value["problem"]?.stringValue
        if let article = value["edit"].flatMap({ try? Article(json: $0) }) {
            kind = .edit(base: article)
        } else if let article = value["delete"].flatMap({ try? Article(json: $0) }) {
            kind = .delete(article)
        } else {
            kind = .add
        }
    }
}
