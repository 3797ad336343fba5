/// A key, whatever bytes it sends.
enum Key: Hashable, Sendable {
    case character(Character)
    case control(Character)
    case function(Int)
    case up, down, left, right
    case pageUp, pageDown, home, end
    case enter, escape, tab, backTab
    case backspace, delete

    private static let named: [(name: String, key: Key)] = [
        ("Space", .character(" ")), ("Up", .up), ("Down", .down), ("Left", .left), ("Right", .right),
        ("PgUp", .pageUp), ("PgDn", .pageDown), ("Home", .home), ("End", .end), ("Enter", .enter), ("Esc", .escape),
        ("Tab", .tab), ("Shift-Tab", .backTab), ("Backspace", .backspace), ("Delete", .delete),
    ]

    /// Reads a key's name as the help and the configuration write it: `j`, `G`, `Ctrl-D`, `PgDn`, `F5`.
    init?(named name: String) {
        if let named = Self.named.first(where: { $0.name.lowercased() == name.lowercased() }) {
            self = named.key
        } else if name.lowercased().hasPrefix("ctrl-"), name.count == 6, let letter = name.last, letter.isASCII,
            letter.isLetter
        {
            // These two bytes are Tab and Enter.
            guard !"ijmIJM".contains(letter) else { return nil }
            self = .control(Character(letter.lowercased()))
        } else if let number = Int(name.dropFirst()), name.first == "F", (1...24).contains(number) {
            self = .function(number)
        } else if name.count == 1, let character = name.first, DisplayWidth.of(character) > 0, character != " " {
            self = .character(character)
        } else {
            return nil
        }
    }
}

extension Key: CustomStringConvertible {
    var description: String {
        if let named = Self.named.first(where: { $0.key == self }) { return named.name }
        switch self {
        case .control(let character): return "Ctrl-" + character.uppercased()
        case .function(let number): return "F\(number)"
        case .character(let character): return String(character)
        default: return ""
        }
    }
}
