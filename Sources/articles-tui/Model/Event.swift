import ArticlesClient

/// What can happen to the viewer.
enum Event: Hashable, Sendable {
    case feed(FeedUpdate)
    case key(Key)
    case resized(Size)
}

/// A key, whatever bytes it sends.
enum Key: Hashable, Sendable {
    case character(Character)
    case control(Character)
    case up, down, left, right
    case pageUp, pageDown, home, end
    case enter, escape, tab
}

/// Columns and lines of a terminal.
struct Size: Hashable, Sendable {
    var width: Int
    var height: Int
}

/// What the update asks of the outside.
enum Effect: Hashable, Sendable {
    case quit
    /// Paint everything anew, for the terminal may show something else.
    case redraw
}
