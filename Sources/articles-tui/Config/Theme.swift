/// What each kind of text looks like.
struct Theme: Hashable, Sendable {
    /// The look of one kind of text; what it leaves open is that of the text around it.
    struct Paint: Hashable, Sendable {
        var foreground: ThemeColor?
        var background: ThemeColor?
        var emphasis: Style = []

        /// Reads words such as `bold #ffcc66 on 236`.
        init?(_ text: String) {
            var isBackground = false
            for word in text.lowercased().split(separator: " ") {
                switch word {
                case "on": isBackground = true
                case "bold": emphasis.insert(.bold)
                case "dim": emphasis.insert(.dim)
                case "reverse": emphasis.insert(.reverse)
                case "underline": emphasis.insert(.underline)
                default:
                    guard let color = ThemeColor(String(word)) else { return nil }
                    if isBackground { background = color } else { foreground = color }
                }
            }
        }
    }

    /// The kinds in the order in which they prevail, the last most.
    static let roles: [(name: String, style: Style)] = [
        ("bar", .bar), ("time", .time), ("topic", .topic), ("unread", .unread), ("link", .link), ("accent", .accent),
        ("warning", .warning), ("selected", .selected), ("match", .match),
    ]

    static let names = ["dark", "light", "sixteen", "plain"]

    let name: String
    private var paints: [Style: Paint]

    /// One of ``names``.
    init?(named name: String) {
        guard let words = Self.standard[name] else { return nil }
        self.name = name
        paints = [:]
        for (role, text) in words { paint(role, with: text) }
    }

    /// No colours: what the terminal does with emphasis.
    static let plain = Theme(
        name: "plain",
        paints: [.bar: .init("reverse")!, .selected: .init("reverse")!, .match: .init("underline")!])

    private init(name: String, paints: [Style: Paint]) {
        self.name = name
        self.paints = paints
    }

    private static let standard: [String: [String: String]] = [
        "dark": [
            "bar": "#d8dee9 on #2b3342", "time": "#8f9bb3", "topic": "#88c0d0", "unread": "#ebcb8b",
            "link": "underline #81a1c1", "accent": "#8fbcbb", "warning": "#ebcb8b", "selected": "#ffffff on #3d5a80",
            "match": "#1d2330 on #ebcb8b",
        ],
        "light": [
            "bar": "#20242c on #dfe4ec", "time": "#5c6573", "topic": "#00607a", "unread": "#9a5b00",
            "link": "underline #1d4f91", "accent": "#00615c", "warning": "#9a3b00", "selected": "#000000 on #bcd4f0",
            "match": "#000000 on #ffd866",
        ],
        "sixteen": [
            "bar": "reverse", "topic": "cyan", "unread": "yellow", "link": "underline blue", "accent": "cyan",
            "warning": "yellow", "selected": "reverse", "match": "black on yellow",
        ],
        "plain": ["bar": "reverse", "selected": "reverse", "match": "underline"],
    ]

    /// Gives a role another look.
    ///
    /// - Returns: whether both are understood.
    @discardableResult
    mutating func paint(_ role: String, with text: String) -> Bool {
        guard let style = Self.roles.first(where: { $0.name == role })?.style, let paint = Paint(text) else {
            return false
        }
        paints[style] = paint
        return true
    }

    /// The look of a piece of text.
    func paint(_ style: Style) -> Paint {
        var result = Paint("")!
        for (_, role) in Self.roles where style.contains(role) {
            guard let paint = paints[role] else { continue }
            result.foreground = paint.foreground ?? result.foreground
            result.background = paint.background ?? result.background
            result.emphasis.formUnion(paint.emphasis)
        }
        result.emphasis.formUnion(style.intersection([.bold, .dim, .reverse, .underline]))
        // A colour says already that something is of less weight.
        if result.foreground != nil || result.background != nil { result.emphasis.remove(.dim) }
        return result
    }
}
