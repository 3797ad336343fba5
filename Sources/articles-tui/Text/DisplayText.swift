import ArticlesClient

/// Text from elsewhere as the viewer shows it: harmless, and of a width that all terminals agree on.
///
/// Terminals disagree on sequences of emoji: joined ones, those with a skin tone, those that a selector turned into an
/// emoji. Of these the first character is shown, so that the columns stay straight everywhere.
enum DisplayText {
    static func line(_ text: String) -> String {
        simplified(TerminalText.line(text))
    }

    static func block(_ text: String) -> String {
        simplified(TerminalText.block(text))
    }

    private static func simplified(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isSequencePart) else { return text }
        return String(
            text.map { character in
                guard character.unicodeScalars.contains(where: isSequencePart),
                    let first = character.unicodeScalars.first,
                    first.properties.isEmoji
                else { return character }
                return Character(first)
            })
    }

    /// Zero-width joiner, emoji presentation selector, skin tones.
    private static func isSequencePart(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value == 0x200D || scalar.value == 0xFE0F || (0x1F3FB...0x1F3FF).contains(scalar.value)
    }
}
