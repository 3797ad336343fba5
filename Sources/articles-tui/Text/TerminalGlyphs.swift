/// Text in a form whose width every terminal agrees on.
///
/// Terminals differ over joined emoji, skin tones and presentation selectors: some draw one picture, some draw each
/// part. Only what the C library, and so ncurses, counts as wide as we do is passed on; else the first part stands for
/// the whole, and blanks fill up the rest.
struct TerminalGlyphs: Sendable {
    /// Columns of a scalar as wcwidth(3) counts them; negative if it can't be shown.
    let width: @Sendable (Unicode.Scalar) -> Int
    /// Whether the terminal can show more than ASCII.
    var isUnicode = true

    /// As many scalars as ncurses keeps in a cell (CCHARW_MAX).
    private static let cellScalars = 5

    func drawn(_ text: String) -> String {
        if text.utf8.allSatisfy({ $0 < 0x80 }) { return text }
        return text.reduce(into: "") { $0 += drawn($1) }
    }

    private func drawn(_ character: Character) -> String {
        if character.isASCII { return String(character) }
        let columns = DisplayWidth.of(character)
        guard isUnicode else { return String(repeating: "?", count: columns) }
        let scalars = character.unicodeScalars.filter { !isSelector($0) }.prefix(Self.cellScalars)
        let widths = scalars.map(width)
        guard let first = scalars.first, widths.allSatisfy({ $0 >= 0 }) else {
            return columns == 0 ? "" : padded("\u{FFFD}", 1, to: columns)
        }
        let sum = widths.reduce(0, +)
        if sum <= columns { return padded(String(String.UnicodeScalarView(scalars)), sum, to: columns) }
        // The first part alone, or nothing if even that is wider than what we count.
        return widths[0] <= columns ? padded(String(first), widths[0], to: columns) : padded("", 0, to: columns)
    }

    /// Joiners and variation selectors, after which terminals disagree on what follows.
    private func isSelector(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value == 0x200D || scalar.properties.isVariationSelector
    }

    private func padded(_ text: String, _ used: Int, to columns: Int) -> String {
        text + String(repeating: " ", count: columns - used)
    }
}
