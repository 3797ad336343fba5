/// What the viewer needs of a terminal.
protocol Terminal: AnyObject {
    var size: Size { get }

    /// Shows a picture: as many lines as the terminal has.
    func paint(_ lines: [StyledLine])

    /// Forgets what the terminal is thought to show, so that the next picture is painted whole.
    func invalidate()

    /// The keys that have been pressed, and what the mouse did.
    func input() -> [Event]

    /// Waits for a key, a signal or an event of the feed; at most for a time, if one is given.
    func wait(_ timeout: Duration?)

    /// What signals ask for.
    func requests() -> [TerminalRequest]

    /// Gives the terminal back to the shell until the process is continued.
    func suspend()

    /// Gives the terminal to another program for a while.
    func lend(_ body: () -> Void)

    /// Whether the mouse is reported to us, and not left to the terminal.
    func useMouse(_ isUsed: Bool)

    func use(_ theme: Theme)

    func ring()

    /// Puts a text into the clipboard of whoever sits before the terminal.
    func copy(_ text: String)

    /// Gives the terminal back for good.
    func stop()
}

enum TerminalRequest: Hashable {
    case repaint
    case suspend
    /// End with this exit code.
    case end(Int32)
}
