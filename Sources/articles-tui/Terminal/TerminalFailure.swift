/// Why there is no terminal to draw on.
enum TerminalFailure: Error, Hashable, CustomStringConvertible {
    case outputIsNoTerminal
    case inputIsNoTerminal
    case cannotMoveCursor(String)
    case isUnknown(String)

    /// One line, which says how to mend it.
    var description: String {
        switch self {
        case .outputIsNoTerminal:
            "standard output is not a terminal; use \"articlesctl watch\" in pipes and scripts"
        case .inputIsNoTerminal:
            "standard input is not a terminal; use \"articlesctl watch\" in pipes and scripts"
        case .cannotMoveCursor(let name):
            "this terminal can't move its cursor (TERM=\(name)); use \"articlesctl watch\" instead"
        case .isUnknown(let name):
            "the terminal \"\(name)\" is not known here; set TERM to another, such as xterm, "
                + "or use \"articlesctl watch\""
        }
    }
}
