/// How many columns text takes on a terminal.
///
/// Terminals add up the widths of scalars, as wcwidth(3) does; only emoji sequences and flags, of whatever length, are
/// two columns (Unicode Standard Annexes 11 and 29, Technical Standard 51).
enum DisplayWidth {
    static func of(_ text: some StringProtocol) -> Int {
        text.reduce(0) { $0 + of($1) }
    }

    static func of(_ character: Character) -> Int {
        if let ascii = character.asciiValue { return ascii < 0x20 || ascii == 0x7F ? 0 : 1 }
        let scalars = character.unicodeScalars
        guard let first = scalars.first else { return 0 }
        if isRegionalIndicator(first) { return scalars.count > 1 ? 2 : 1 }
        if isEmoji(first, scalars) { return 2 }
        return scalars.reduce(0) { sum, scalar in
            // A skin tone after something that is no emoji is not shown.
            sum + (scalar.properties.isEmojiModifier && scalar != first ? 0 : of(scalar))
        }
    }

    /// Half of a flag.
    private static func isRegionalIndicator(_ scalar: Unicode.Scalar) -> Bool {
        (0x1F1E6...0x1F1FF).contains(scalar.value)
    }

    private static func isEmoji(_ first: Unicode.Scalar, _ scalars: Character.UnicodeScalarView) -> Bool {
        guard first.properties.isEmoji else { return false }
        return first.properties.isEmojiPresentation || scalars.contains { $0.value == 0xFE0F }
    }

    private static func of(_ scalar: Unicode.Scalar) -> Int {
        guard scalar.value >= 0x300 else { return scalar.value < 0xA0 ? (scalar.isASCII ? 1 : 0) : 1 }
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .control: return 0
        case .format: return isPrependedSign(scalar.value) ? 1 : 0
        default: break
        }
        // The vowels and final consonants of Hangul, which join the initial before them.
        if (0x1160...0x11FF).contains(scalar.value) || (0xD7B0...0xD7FF).contains(scalar.value) { return 0 }
        return isWide(scalar) ? 2 : 1
    }

    /// Signs that stand before or under the digits of a number: format characters, but visible.
    private static func isPrependedSign(_ value: UInt32) -> Bool {
        switch value {
        case 0x0600...0x0605, 0x06DD, 0x070F, 0x0890...0x0891, 0x08E2, 0x110BD, 0x110CD: true
        default: false
        }
    }

    private static func isWide(_ scalar: Unicode.Scalar) -> Bool {
        guard scalar.value >= 0x1100 else { return false }
        if scalar.properties.isEmojiPresentation { return true }
        return wideRanges.contains { $0.contains(scalar.value) }
    }

    /// East Asian Wide and Fullwidth, without the emoji, whose property says it.
    private static let wideRanges: [ClosedRange<UInt32>] = [
        0x4E00...0xA4CF, 0xAC00...0xD7A3, 0x3041...0x33FF, 0x2E80...0x303E, 0x3400...0x4DBF, 0x1100...0x115F,
        0xFF01...0xFF60, 0xFFE0...0xFFE6, 0xF900...0xFAFF, 0xFE10...0xFE19, 0xFE30...0xFE6F, 0xA960...0xA97C,
        0x20000...0x2FFFD, 0x30000...0x3FFFD, 0x2329...0x232A, 0x16FE0...0x18DFF, 0x1AFF0...0x1B2FF,
        0x1F200...0x1F265, 0x1FA70...0x1FAFF,
    ]
}
