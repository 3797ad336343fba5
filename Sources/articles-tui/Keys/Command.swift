/// What keys do.
enum Command: String, Hashable, CaseIterable, Sendable {
    case down, up
    case pageDown = "page-down"
    case pageUp = "page-up"
    case halfPageDown = "half-page-down"
    case halfPageUp = "half-page-up"
    case first, last
    case nextUnread = "next-unread"
    case previousUnread = "previous-unread"
    case open, back
    case switchPane = "switch-pane"
    case search
    case nextMatch = "next-match"
    case previousMatch = "previous-match"
    case filter
    case topic
    case nextTab = "next-tab"
    case previousTab = "previous-tab"
    case unreadOnly = "unread-only"
    case toggleRead = "toggle-read"
    case markAllRead = "mark-all-read"
    case toggleFollow = "follow"
    case date
    case browse
    case copyLink = "copy-link"
    case pipe
    case add, edit, delete, outbox
    case server
    case commandLine = "command-line"
    case toggleMouse = "mouse"
    case redraw, help, quit

    var standardKeys: [Key] {
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
        case .search: [.character("/")]
        case .nextMatch: [.character("N")]
        case .previousMatch: [.character("P")]
        case .filter: [.character("f")]
        case .topic: [.character("t")]
        case .nextTab: [.character("]")]
        case .previousTab: [.character("[")]
        case .unreadOnly: [.character("u")]
        case .toggleRead: [.character("r")]
        case .markAllRead: [.character("R")]
        case .toggleFollow: [.character("F")]
        case .date: [.character("D")]
        case .browse: [.character("o")]
        case .copyLink: [.character("y")]
        case .pipe: [.character("|")]
        case .add: [.character("a")]
        case .edit: [.character("e")]
        case .delete: [.character("d")]
        case .outbox: [.character("O")]
        case .server: [.character("S")]
        case .commandLine: [.character(":")]
        case .toggleMouse: [.character("m")]
        case .redraw: [.control("l")]
        case .help: [.character("?")]
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
        case .back: "back to the list; ends a search"
        case .switchPane: "between list and article"
        case .search: "search, here and on the server"
        case .nextMatch: "next match of the search"
        case .previousMatch: "previous match"
        case .filter: "only what has a text; !text for the rest"
        case .topic: "choose a topic"
        case .nextTab: "next topic"
        case .previousTab: "previous topic"
        case .unreadOnly: "unread ones only, or all"
        case .toggleRead: "mark as read, or unread"
        case .markAllRead: "mark all that is listed as read"
        case .toggleFollow: "follow the newest, or stay"
        case .date: "go to a day"
        case .browse: "open in $BROWSER"
        case .copyLink: "copy the link"
        case .pipe: "pipe the article to a command"
        case .add: "write an article in $EDITOR"
        case .edit: "edit the article"
        case .delete: "delete the article"
        case .outbox: "what waits to be posted"
        case .server: "choose a server"
        case .commandLine: "command line"
        case .toggleMouse: "use the mouse, or leave it alone"
        case .redraw: "paint the screen anew"
        case .help: "these keys"
        case .quit: "quit"
        }
    }
}
