import Core

/// Things to choose from, over everything else.
struct Menu: Hashable, Sendable {
    enum Kind: Hashable, Sendable {
        case topics, servers, outbox
    }

    struct Item: Hashable, Sendable {
        var label: String
        var detail = ""
        /// What it stands for: a topic, the name of a server, the key of what waits; empty for all topics.
        var value: String
    }

    var kind: Kind
    var items: [Item]
    var selected = 0

    var heading: String {
        switch kind {
        case .topics: "Topics"
        case .servers: "Servers"
        case .outbox: "Outbox"
        }
    }

    /// What can be done here.
    var hint: String {
        switch kind {
        case .topics, .servers: "Enter chooses, Esc goes back"
        case .outbox: "Enter edits again, r posts, d discards, Esc goes back"
        }
    }
}

/// Something that must be confirmed.
enum Question: Hashable, Sendable {
    case delete(Article)
    case discard(OutboxEntry)
    case markAllRead([Int64])
}
