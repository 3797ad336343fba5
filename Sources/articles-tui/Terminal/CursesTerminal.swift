import CNcurses
import Foundation
import TerminalSignals

/// A terminal through ncurses, whose state is the process's own: there is one, used by one thread; only ``waker`` may be
/// called from others.
final class CursesTerminal: Terminal {
    private let usesColor: Bool
    private let glyphs: TerminalGlyphs

    /// Takes the terminal over.
    ///
    /// - Parameter isUnicode: whether the terminal's character set is UTF-8.
    init(environment: [String: String], isUnicode: Bool) throws(TerminalFailure) {
        let name = environment["TERM"] ?? ""
        guard isatty(STDOUT_FILENO) != 0 else { throw .outputIsNoTerminal }
        guard isatty(STDIN_FILENO) != 0 else { throw .inputIsNoTerminal }
        guard !name.isEmpty, name != "dumb" else { throw .cannotMoveCursor(name) }
        terminal_signals_open()
        // So long it takes to tell ESC from the beginning of a sequence, in milliseconds.
        set_escdelay(25)
        guard curses_new_terminal() != nil else { throw .isUnknown(name) }
        for name in ["sgr0", "cnorm", "rmkx", "rmcup"] {
            if let bytes = curses_capability(name) { terminal_signals_add_farewell(bytes) }
        }
        terminal_signals_guard_crashes()
        for number in Self.handledSignals { terminal_signals_note(number) }
        signal(SIGPIPE, SIG_IGN)
        guard curses_capability("cup") != nil else {
            endwin()
            throw .cannotMoveCursor(name)
        }
        curses_take_size()
        glyphs = TerminalGlyphs(width: { Int(curses_columns_of($0.value)) }, isUnicode: isUnicode)
        usesColor = (environment["NO_COLOR"] ?? "").isEmpty && has_colors()
        if usesColor {
            start_color()
            use_default_colors()
            init_pair(Pair.accent, Int16(COLOR_CYAN), -1)
            init_pair(Pair.warning, Int16(COLOR_YELLOW), -1)
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

    // MARK: - Painting

    private enum Pair {
        static let none: Int16 = 0
        static let accent: Int16 = 1
        static let warning: Int16 = 2
    }

    var size: Size { Size(width: Int(curses_columns()), height: Int(curses_lines())) }

    func paint(_ lines: [StyledLine]) {
        werase(curses_screen())
        for (row, line) in lines.enumerated() {
            var column = 0
            for run in line.runs {
                curses_put(Int32(row), Int32(column), attributes(run.style), pair(run.style), glyphs.drawn(run.text))
                column += DisplayWidth.of(run.text)
            }
        }
        wrefresh(curses_screen())
    }

    func invalidate() {
        clearok(curses_screen(), true)
    }

    private func attributes(_ style: Style) -> attr_t {
        var attributes: attr_t = 0
        if style.contains(.bold) { attributes |= curses_bold() }
        if style.contains(.dim) { attributes |= curses_dim() }
        if style.contains(.reverse) { attributes |= curses_reverse() }
        return attributes
    }

    private func pair(_ style: Style) -> Int16 {
        guard usesColor else { return Pair.none }
        if style.contains(.warning) { return Pair.warning }
        return style.contains(.accent) ? Pair.accent : Pair.none
    }

    // MARK: - Keys

    func keys() -> [Key] {
        var keys: [Key] = []
        var code: wint_t = 0
        while true {
            let kind = wget_wch(curses_screen(), &code)
            guard kind != ERR else { return keys }
            if let key = kind == KEY_CODE_YES ? Key(cursesCode: Int32(code)) : Key(character: code) { keys.append(key) }
        }
    }

    // MARK: - Waiting and signals

    private static let handledSignals = [SIGINT, SIGTERM, SIGHUP, SIGTSTP, SIGCONT, SIGWINCH]

    func wait(_ timeout: Duration?) {
        let milliseconds = timeout.map { duration in
            let (seconds, attoseconds) = duration.components
            return Int32(clamping: seconds * 1000 + attoseconds / 1_000_000_000_000_000 + 1)
        }
        terminal_signals_wait(milliseconds ?? -1)
    }

    func requests() -> [TerminalRequest] {
        var requests: [TerminalRequest] = []
        for number in [SIGHUP, SIGINT, SIGTERM] where terminal_signals_take(number) != 0 {
            requests.append(.end(128 + number))
        }
        if terminal_signals_take(SIGTSTP) != 0 { requests.append(.suspend) }
        if terminal_signals_take(SIGCONT) != 0 {
            // Whoever had the terminal meanwhile may have left it in any state: the next picture sets it up again.
            endwin()
            curses_take_size()
            requests.append(.repaint)
        }
        if terminal_signals_take(SIGWINCH) != 0 {
            curses_take_size()
            requests.append(.repaint)
        }
        return requests
    }

    func suspend() {
        endwin()
        terminal_signals_stop_process()
        invalidate()
    }

    func stop() {
        endwin()
    }
}

extension Key {
    fileprivate init?(cursesCode code: Int32) {
        switch code {
        case KEY_UP: self = .up
        case KEY_DOWN: self = .down
        case KEY_LEFT: self = .left
        case KEY_RIGHT: self = .right
        case KEY_PPAGE: self = .pageUp
        case KEY_NPAGE: self = .pageDown
        case KEY_HOME: self = .home
        case KEY_END: self = .end
        case KEY_ENTER: self = .enter
        default: return nil
        }
    }

    fileprivate init?(character code: wint_t) {
        guard let scalar = Unicode.Scalar(UInt32(code)) else { return nil }
        switch code {
        case 9: self = .tab
        case 10, 13: self = .enter
        case 27: self = .escape
        case 1...26:
            guard let letter = Unicode.Scalar(code + 96) else { return nil }
            self = .control(Character(letter))
        default: self = .character(Character(scalar))
        }
    }
}
