/// What keys do.
enum Command: Hashable, CaseIterable {
    case down, up, pageDown, pageUp, halfPageDown, halfPageUp, newest, oldest
    case nextUnread, previousUnread, open, back, switchPane, toggleFollow, markRead, help, redraw, suspend, quit

    /// The keys, and what to say of the command under `?`.
    var keys: [Key] {
        switch self {
        case .down: [.down, .character("j")]
        case .up: [.up, .character("k")]
        case .pageDown: [.pageDown, .character(" ")]
        case .pageUp: [.pageUp]
        case .halfPageDown: [.control("d")]
        case .halfPageUp: [.control("u")]
        case .newest: [.character("g"), .home]
        case .oldest: [.character("G"), .end]
        case .nextUnread: [.character("n")]
        case .previousUnread: [.character("p")]
        case .open: [.enter, .character("l"), .right]
        case .back: [.escape, .character("h"), .left]
        case .switchPane: [.tab]
        case .toggleFollow: [.character("F")]
        case .markRead: [.character("r")]
        case .help: [.character("?")]
        case .redraw: [.control("l")]
        case .suspend: []
        case .quit: [.character("q")]
        }
    }

    var explanation: (keys: String, text: String) {
        switch self {
        case .down: ("j Down", "next row, or line of the article")
        case .up: ("k Up", "previous row or line")
        case .pageDown: ("PgDn Space", "a page down")
        case .pageUp: ("PgUp", "a page up")
        case .halfPageDown: ("Ctrl-D", "half a page down")
        case .halfPageUp: ("Ctrl-U", "half a page up")
        case .newest: ("g Home", "to the top: the newest")
        case .oldest: ("G End", "to the bottom: the oldest")
        case .nextUnread: ("n", "next unread")
        case .previousUnread: ("p", "previous unread")
        case .open: ("Enter l", "read the article")
        case .back: ("Esc h", "back to the list")
        case .switchPane: ("Tab", "between list and article")
        case .toggleFollow: ("F", "follow the newest, or stay")
        case .markRead: ("r", "mark read or unread")
        case .help: ("?", "this help")
        case .redraw: ("Ctrl-L", "paint anew")
        case .suspend: ("Ctrl-Z", "to the shell; fg comes back")
        case .quit: ("q", "quit")
        }
    }

    private static let byKey: [Key: Command] = Dictionary(
        uniqueKeysWithValues: allCases.flatMap { command in command.keys.map { ($0, command) } })

    init?(_ key: Key) {
        guard let command = Self.byKey[key] else { return nil }
        self = command
    }
}
