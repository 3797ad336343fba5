import CNcurses
import Foundation
import TerminalSignals

/// A terminal through ncurses. Used by one thread; only ``waker`` may be called from others.
final class CursesTerminal: Terminal {
    private let usesColor: Bool
    private var isActive = true

    /// Why there is no terminal to draw on, in one line.
    struct Failure: Error {
        let message: String
    }

    /// Takes the terminal over.
    init(environment: [String: String]) throws(Failure) {
        guard isatty(STDOUT_FILENO) != 0 else {
            throw Failure(message: "standard output is not a terminal; use \"articlesctl watch\" in pipes and scripts")
        }
        guard isatty(STDIN_FILENO) != 0 else {
            throw Failure(message: "standard input is not a terminal; use \"articlesctl watch\" in pipes and scripts")
        }
        let name = environment["TERM"] ?? ""
        guard !name.isEmpty, name != "dumb" else {
            throw Failure(
                message: "this terminal can't move its cursor (TERM=\(name)); use \"articlesctl watch\" instead")
        }
        terminal_signals_open()
        terminal_signals_save_modes()
        // Twenty-five milliseconds tell ESC from the beginning of a sequence.
        set_escdelay(25)
        guard curses_new_terminal() != nil else {
            throw Failure(
                message: "the terminal \"\(name)\" is not known here (TERM); set another, such as xterm, "
                    + "or use \"articlesctl watch\"")
        }
        for name in ["sgr0", "cnorm", "rmkx", "rmcup"] {
            if let bytes = curses_capability(name) { terminal_signals_add_restore(bytes) }
        }
        terminal_signals_guard_crashes()
        for number in [SIGINT, SIGTERM, SIGHUP, SIGTSTP, SIGWINCH] { terminal_signals_note(number) }
        signal(SIGPIPE, SIG_IGN)
        usesColor = (environment["NO_COLOR"] ?? "").isEmpty && has_colors()
        if usesColor {
            start_color()
            use_default_colors()
            init_pair(1, Int16(COLOR_CYAN), -1)
            init_pair(2, Int16(COLOR_YELLOW), -1)
        }
        cbreak()
        noecho()
        nonl()
        curs_set(0)
        keypad(curses_screen(), true)
        nodelay(curses_screen(), true)
    }

    /// Wakes the thread that waits; from any thread.
    static let waker: @Sendable () -> Void = { terminal_signals_wake() }

    var size: (width: Int, height: Int) { (Int(curses_columns()), Int(curses_lines())) }

    func paint(_ lines: [StyledLine]) {
        let (width, _) = size
        werase(curses_screen())
        for (row, line) in lines.enumerated() {
            var column = 0
            for run in line.runs where column < width {
                curses_put(Int32(row), Int32(column), attributes(run.style), pair(run.style), run.text)
                column += DisplayWidth.of(run.text)
            }
        }
        wrefresh(curses_screen())
    }

    private func attributes(_ style: Style) -> attr_t {
        var attributes: attr_t = 0
        if style.contains(.bold) { attributes |= curses_bold() }
        if style.contains(.dim) { attributes |= curses_dim() }
        if style.contains(.reverse) { attributes |= curses_reverse() }
        return attributes
    }

    private func pair(_ style: Style) -> Int16 {
        guard usesColor else { return 0 }
        if style.contains(.warning) { return 2 }
        return style.contains(.accent) ? 1 : 0
    }

    func invalidate() {
        clearok(curses_screen(), true)
    }

    func pressedKeys() -> [Key] {
        var keys: [Key] = []
        var code: wint_t = 0
        while true {
            let kind = wget_wch(curses_screen(), &code)
            guard kind != ERR else { return keys }
            if let key = kind == KEY_CODE_YES ? Self.special(Int32(code)) : Self.character(code) { keys.append(key) }
        }
    }

    private static func special(_ code: Int32) -> Key? {
        switch code {
        case KEY_UP: .up
        case KEY_DOWN: .down
        case KEY_LEFT: .left
        case KEY_RIGHT: .right
        case KEY_PPAGE: .pageUp
        case KEY_NPAGE: .pageDown
        case KEY_HOME: .home
        case KEY_END: .end
        case KEY_ENTER: .enter
        default: nil
        }
    }

    private static func character(_ code: wint_t) -> Key? {
        switch code {
        case 9: return .tab
        case 10, 13: return .enter
        case 27: return .escape
        case 1...26: return Unicode.Scalar(UInt32(code) + 96).map { .control(Character($0)) }
        default: return Unicode.Scalar(UInt32(code)).map { .character(Character($0)) }
        }
    }

    func wait(_ timeout: Duration?) {
        let milliseconds = timeout.map { duration in
            let (seconds, attoseconds) = duration.components
            return Int32(clamping: seconds * 1000 + attoseconds / 1_000_000_000_000_000 + 1)
        }
        terminal_signals_wait(milliseconds ?? -1)
    }

    func requests() -> [TerminalRequest] {
        var requests: [TerminalRequest] = []
        if terminal_signals_take(SIGWINCH) != 0 {
            curses_resize()
            requests.append(.resized)
        }
        if terminal_signals_take(SIGTSTP) != 0 { requests.append(.suspend) }
        for number in [SIGHUP, SIGINT, SIGTERM] where terminal_signals_take(number) != 0 {
            requests.append(.end(128 + number))
        }
        return requests
    }

    func suspend() {
        endwin()
        // Stops the whole process; goes on here when it is continued.
        kill(getpid(), SIGSTOP)
        curses_resize()
        wrefresh(curses_screen())
        invalidate()
    }

    func stop() {
        guard isActive else { return }
        isActive = false
        endwin()
    }
}
