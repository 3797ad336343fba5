#if canImport(Glibc)
    import Glibc
#endif

/// SIGHUP, which means two things: an administrator asks for a reload, or the terminal has gone that the daemon was
/// started in.
enum HangUp {
    /// Whether the daemon has to end with its terminal: it has one, and was not told to outlive it, as nohup does.
    private static let endsWithTerminal: Bool = {
        let before = signal(SIGHUP, SIG_IGN)
        let wasIgnored = unsafeBitCast(before, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
        return !wasIgnored && hasTerminal
    }()

    /// From here on the signal ends nobody. Called before anything else, so that a reload asked for too early does no
    /// harm.
    static func prepare() {
        _ = endsWithTerminal
    }

    static var isTerminalGone: Bool { endsWithTerminal && !hasTerminal }

    /// As if whoever closed the terminal had stopped the daemon first.
    static func stop() {
        kill(getpid(), SIGTERM)
    }

    private static var hasTerminal: Bool {
        let terminal = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC)
        guard terminal >= 0 else { return false }
        close(terminal)
        return true
    }
}
