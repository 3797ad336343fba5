import Foundation

/// How things are drawn, whatever they are.
struct Appearance: Sendable {
    let symbols: Symbols
    /// The zone that times are shown in.
    let timeZone: TimeZone
}

/// The characters that the viewer draws with.
struct Symbols: Hashable, Sendable {
    let unread: String
    let ellipsis: String
    let dash: String
    /// Between facts of a line.
    let dot: String
    /// Between panes, side by side and one above the other.
    let vertical: String
    let horizontal: String
    /// Before an article below which others have not been loaded.
    let hole: String

    static let unicode = Symbols(
        unread: "●", ellipsis: "…", dash: "—", dot: "·", vertical: "│", horizontal: "─", hole: "┊")
    static let ascii = Symbols(
        unread: "*", ellipsis: "~", dash: "--", dot: "-", vertical: "|", horizontal: "-", hole: ":")
}
