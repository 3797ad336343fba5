import ArticlesClient
import Core

/// A text with members of an event in double braces: `{{title}} {{url}}`.
struct EventTemplate: Equatable {
    private enum Part: Equatable {
        case text(String)
        case member(String)
    }

    private let parts: [Part]

    /// An unknown member, or braces that are not closed.
    struct Malformed: Error, Equatable {
        let reason: String
    }

    init(_ text: String) throws(Malformed) {
        var parts: [Part] = []
        var rest = text[...]
        while let open = rest.firstRange(of: "{{") {
            parts.append(.text(String(rest[..<open.lowerBound])))
            rest = rest[open.upperBound...]
            guard let close = rest.firstRange(of: "}}") else {
                throw Malformed(reason: "\"{{\" is not closed by \"}}\"")
            }
            let name = rest[..<close.lowerBound].filter { $0 != " " }
            guard EventMembers.names.contains(name) else {
                throw Malformed(
                    reason: "\"\(name)\" is unknown; known are \(EventMembers.names.joined(separator: ", "))")
            }
            parts.append(.member(name))
            rest = rest[close.upperBound...]
        }
        parts.append(.text(String(rest)))
        self.parts = parts
    }

    func text(_ members: EventMembers) -> String {
        parts.map { part in
            switch part {
            case .text(let text): text
            case .member(let name): members[name]
            }
        }.joined()
    }
}

/// What is known of an event, as texts.
struct EventMembers {
    static let names = [
        "id", "title", "body", "topic", "author", "published", "updated", "event", "cursor", "url",
    ]

    private let values: [String: String]

    init(_ event: FeedEvent, server: ServerURL) {
        var values = [
            "id": String(event.id), "event": event.kind.rawValue, "cursor": event.cursor.description,
            "url": server.permalink(id: event.id),
        ]
        if let article = event.article {
            values["title"] = article.title
            values["body"] = article.body
            values["topic"] = article.topic
            values["author"] = article.author
            values["published"] = article.published.description
            values["updated"] = article.updated?.description ?? ""
        }
        self.values = values
    }

    /// Empty for what a deletion does not have.
    subscript(name: String) -> String { values[name] ?? "" }

    /// As variables: `ARTICLE_TITLE`, …
    var environment: [String: String] {
        // A variable ends at NUL.
        Dictionary(
            uniqueKeysWithValues: Self.names.map {
                ("ARTICLE_" + $0.uppercased(), self[$0].replacing("\0", with: "\u{2400}"))
            })
    }
}
