import CNcurses
import Foundation
import TerminalSignals

/// A terminal through ncurses, whose state is the process's own: there is one, used by one thread; only ``waker`` may be
/// called from others.
final class CursesTerminal: Terminal {
    private struct Look {
        var attributes: attr_t
        var pair: Int32
    }

    /// How many colours there are; 0 if none are to be used.
    let colors: Int
    private let glyphs: TerminalGlyphs
    private var theme = Theme.plain
    /// What the theme makes of each style, as far as it has come up.
    private var looks: [Style: Look] = [:]

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
        let wantsColor = (environment["NO_COLOR"] ?? "").isEmpty
        guard Self.open(name, isDirect: wantsColor && Self.saysDirectColor(environment)) else { throw .isUnknown(name) }
        for name in ["sgr0", "cnorm", "rmkx", "rmcup"] {
            if let bytes = curses_capability(name) { terminal_signals_add_farewell(bytes) }
        }
        // The mouse, in both forms of its reports.
        terminal_signals_add_farewell("\u{1B}[?1000l\u{1B}[?1006l")
        terminal_signals_guard_crashes()
        for number in Self.handledSignals { terminal_signals_note(number) }
        signal(SIGPIPE, SIG_IGN)
        guard curses_capability("cup") != nil else {
            endwin()
            throw .cannotMoveCursor(name)
        }
        curses_take_size()
        glyphs = TerminalGlyphs(width: { Int(curses_columns_of($0.value)) }, isUnicode: isUnicode)
        if wantsColor, has_colors() {
            start_color()
            use_default_colors()
            colors = Int(curses_colors())
        } else {
            colors = 0
        }
        cbreak()
        noecho()
        nonl()
        curs_set(0)
        keypad(curses_screen(), true)
        nodelay(curses_screen(), true)
    }

    /// Terminals say in a variable that they take 24-bit colours; how they do it is in a description of another name.
    private static func saysDirectColor(_ environment: [String: String]) -> Bool {
        ["truecolor", "24bit"].contains(environment["COLORTERM"] ?? "")
    }

    private static func open(_ name: String, isDirect: Bool) -> Bool {
        let base = name.hasSuffix("-256color") ? String(name.dropLast("-256color".count)) : name
        if isDirect, curses_new_terminal(base + "-direct") != nil { return true }
        return curses_new_terminal(nil) != nil
    }

    /// Wakes the thread that waits; from any thread.
    static let waker: @Sendable () -> Void = { terminal_signals_wake() }

    // MARK: - Painting

    var size: Size { Size(width: Int(curses_columns()), height: Int(curses_lines())) }

    func use(_ theme: Theme) {
        self.theme = colors > 0 ? theme : .plain
        looks = [:]
    }

    func paint(_ lines: [StyledLine]) {
        werase(curses_screen())
        for (row, line) in lines.enumerated() {
            var column = 0
            for run in line.runs {
                let look = look(run.style)
                curses_put(Int32(row), Int32(column), look.attributes, look.pair, glyphs.drawn(run.text))
                column += DisplayWidth.of(run.text)
            }
        }
        wrefresh(curses_screen())
    }

    func invalidate() {
        clearok(curses_screen(), true)
    }

    private func look(_ style: Style) -> Look {
        if let look = looks[style] { return look }
        let paint = theme.paint(style)
        var look = Look(attributes: 0, pair: 0)
        if paint.emphasis.contains(.bold) { look.attributes |= curses_bold() }
        if paint.emphasis.contains(.dim) { look.attributes |= curses_dim() }
        if paint.emphasis.contains(.reverse) { look.attributes |= curses_reverse() }
        if paint.emphasis.contains(.underline) { look.attributes |= curses_underline() }
        if colors > 0, paint.foreground != nil || paint.background != nil {
            let pair = alloc_pair(
                (paint.foreground ?? .standard).number(colors: colors),
                (paint.background ?? .standard).number(colors: colors))
            look.pair = max(pair, 0)
        }
        looks[style] = look
        return look
    }

    func ring() {
        beep()
    }

    /// By the terminal's own means (xterm's control sequence OSC 52), which reach it over any distance.
    func copy(_ text: String) {
        let bytes = Array("\u{1B}]52;c;\(Data(text.utf8).base64EncodedString())\u{7}".utf8)
        _ = write(STDOUT_FILENO, bytes, bytes.count)
    }

    // MARK: - Keys

    func input() -> [Event] {
        var events: [Event] = []
        var code: wint_t = 0
        while true {
            let kind = wget_wch(curses_screen(), &code)
            guard kind != ERR else { return events }
            if kind == KEY_CODE_YES, Int32(code) == KEY_MOUSE {
                if let mouse = mouse() { events.append(.mouse(mouse)) }
            } else if let key = kind == KEY_CODE_YES ? Key(cursesCode: Int32(code)) : Key(character: code) {
                events.append(.key(key))
            }
        }
    }

    func useMouse(_ isUsed: Bool) {
        curses_use_mouse(isUsed)
    }

    private func mouse() -> MouseEvent? {
        var column: Int32 = 0
        var row: Int32 = 0
        let kind: MouseEvent.Kind
        switch curses_mouse(&column, &row) {
        case 1: kind = .click
        case 4: kind = .wheelUp
        case 5: kind = .wheelDown
        default: return nil
        }
        return MouseEvent(kind: kind, column: Int(column), row: Int(row))
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

    func lend(_ body: () -> Void) {
        endwin()
        terminal_signals_lend(1)
        body()
        terminal_signals_lend(0)
        curses_take_size()
        flushinp()
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
        case KEY_BACKSPACE: self = .backspace
        case KEY_DC: self = .delete
        case KEY_BTAB: self = .backTab
        case KEY_F0 + 1...KEY_F0 + 24: self = .function(Int(code - KEY_F0))
        default: return nil
        }
    }

    fileprivate init?(character code: wint_t) {
        guard let scalar = Unicode.Scalar(UInt32(code)) else { return nil }
        switch code {
        case 9: self = .tab
        case 10, 13: self = .enter
        case 27: self = .escape
        case 127: self = .backspace
        case 1...26:
            guard let letter = Unicode.Scalar(code + 96) else { return nil }
            self = .control(Character(letter))
        default: self = .character(Character(scalar))
        }
    }
}
