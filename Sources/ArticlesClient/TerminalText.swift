/// Makes text from elsewhere fit to be shown on a terminal: nothing in it can move the cursor, change colours or turn
/// the direction of what follows.
public enum TerminalText {
    /// The text on one line: line ends and tabs become visible symbols too.
    public static func line(_ text: String) -> String {
        replaced(text) { _ in false }
    }

    /// The text with its line feeds and tabs; carriage returns before a line feed are dropped.
    public static func block(_ text: String) -> String {
        replaced(text.replacingCarriageReturns) { $0 == "\n" || $0 == "\t" }
    }

    private static func replaced(_ text: String, keep: (Unicode.Scalar) -> Bool) -> String {
        guard text.unicodeScalars.contains(where: { isActive($0) && !keep($0) }) else { return text }
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if isActive(scalar), !keep(scalar) {
                result.append(contentsOf: symbol(for: scalar).unicodeScalars)
            } else {
                result.append(scalar)
            }
        }
        return String(result)
    }

    /// Whether a terminal may do something else with a character than show it: C0, DEL, C1, the line and paragraph
    /// separators, and the bidirectional controls (Unicode Standard Annex 9), all of which have four digits or fewer.
    public static func isActive(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F..<0xA0, 0x2028, 0x2029, 0x061C, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069: true
        default: false
        }
    }

    /// A control picture where Unicode has one, else the code in angle brackets.
    private static func symbol(for scalar: Unicode.Scalar) -> String {
        switch scalar.value {
        case 0..<0x20: String(UnicodeScalar(0x2400 + scalar.value) ?? "\u{FFFD}")
        case 0x7F: "␡"
        default:
            "<U+" + String(repeating: "0", count: 4 - String(scalar.value, radix: 16).count)
                + String(scalar.value, radix: 16, uppercase: true) + ">"
        }
    }
}

extension String {
    /// CR LF as LF; a CR elsewhere stays, to be shown.
    fileprivate var replacingCarriageReturns: String {
        guard utf8.contains(UInt8(ascii: "\r")) else { return self }
        return replacing("\r\n", with: "\n")
    }
}
