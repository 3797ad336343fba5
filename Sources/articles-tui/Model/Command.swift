/// What keys do.
enum Command: Hashable, CaseIterable {
    case down, up, pageDown, pageUp, halfPageDown, halfPageUp, first, last
    case nextUnread, previousUnread, open, back, switchPane, toggleFollow, toggleRead, help, redraw, quit

    var keys: [Key] {
        switch self {
        case .down: [.character("j"), .down]
        case .up: [.character("k"), .up]
        case .pageDown: [.pageDown, .character(" ")]
        case .pageUp: [.pageUp]
        case .halfPageDown: [.control("d")]
        case .halfPageUp: [.control("u")]
        case .first: [.character("g"), .home]
        case .last: [.character("G"), .end]
        case .nextUnread: [.character("n")]
        case .previousUnread: [.character("p")]
        case .open: [.enter, .character("l"), .right]
        case .back: [.escape, .character("h"), .left]
        case .switchPane: [.tab]
        case .toggleFollow: [.character("F")]
        case .toggleRead: [.character("r")]
        case .help: [.character("?")]
        case .redraw: [.control("l")]
        case .quit: [.character("q")]
        }
    }

    /// What the help says of it.
    var explanation: String {
        switch self {
        case .down: "next article, or line of the article"
        case .up: "previous article or line"
        case .pageDown: "a page down"
        case .pageUp: "a page up"
        case .halfPageDown: "half a page down"
        case .halfPageUp: "half a page up"
        case .first: "to the newest, or the beginning"
        case .last: "to the oldest, or the end"
        case .nextUnread: "next unread article"
        case .previousUnread: "previous unread article"
        case .open: "read the article"
        case .back: "back to the list"
        case .switchPane: "between list and article"
        case .toggleFollow: "follow the newest, or stay"
        case .toggleRead: "mark as read, or unread"
        case .help: "these keys"
        case .redraw: "paint the screen anew"
        case .quit: "quit"
        }
    }

    private static let byKey: [Key: Command] = Dictionary(
        uniqueKeysWithValues: allCases.flatMap { command in command.keys.map { ($0, command) } })

    init?(_ key: Key) {
        guard let command = Self.byKey[key] else { return nil }
        self = command
    }
}

extension Key: CustomStringConvertible {
    /// The key's name as the help writes it.
    var description: String {
        switch self {
        case .character(" "): "Space"
        case .character(let character): String(character)
        case .control(let character): "Ctrl-" + character.uppercased()
        case .up: "Up"
        case .down: "Down"
        case .left: "Left"
        case .right: "Right"
        case .pageUp: "PgUp"
        case .pageDown: "PgDn"
        case .home: "Home"
        case .end: "End"
        case .enter: "Enter"
        case .escape: "Esc"
        case .tab: "Tab"
        }
    }
}
