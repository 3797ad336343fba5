/// Fits text to columns.
enum TextLayout {
    /// The text cut to a width, with an ellipsis where something is missing, and filled up with blanks.
    static func fitted(_ text: String, to width: Int, ellipsis: String = "…") -> String {
        guard width > 0 else { return "" }
        let total = DisplayWidth.of(text)
        if total <= width { return text + String(repeating: " ", count: width - total) }
        let mark = DisplayWidth.of(ellipsis) < width ? ellipsis : ""
        let (head, used) = prefix(text[...], width - DisplayWidth.of(mark))
        return head + mark + String(repeating: " ", count: width - used - DisplayWidth.of(mark))
    }

    /// Lines of at most a width, broken at blanks; words that are too long are broken inside. Lines that go on are
    /// indented like the one that they belong to, behind its bullet if it has one.
    static func wrapped(_ text: String, to width: Int) -> [String] {
        guard width > 0 else { return [] }
        return text.split(separator: "\n", omittingEmptySubsequences: false).flatMap { paragraph in
            wrappedParagraph(String(paragraph).replacing("\t", with: "    "), to: width)
        }
    }

    private static func wrappedParagraph(_ paragraph: String, to width: Int) -> [String] {
        let blanks = paragraph.prefix { $0 == " " }.count
        let bullet = paragraph.dropFirst(blanks).prefix(2)
        let indent = min(blanks + (["* ", "- ", "• "].contains(bullet) ? 2 : 0), width / 3)
        let lines = broken(String(paragraph.dropFirst(blanks)), to: width - indent)
        let first = String(repeating: " ", count: min(blanks, indent))
        let rest = String(repeating: " ", count: indent)
        return lines.enumerated().map { $1.isEmpty ? "" : ($0 == 0 ? first : rest) + $1 }
    }

    private static func broken(_ text: String, to width: Int) -> [String] {
        var lines: [String] = []
        var line = ""
        var used = 0
        for word in words(text) {
            let length = DisplayWidth.of(word)
            if used + length <= width {
                line += word
                used += length
                continue
            }
            if word.allSatisfy({ $0 == " " }) {
                // Blanks at the end of a line belong to neither line.
                lines.append(line)
                line = ""
                used = 0
                continue
            }
            if used > 0 {
                lines.append(line.droppingTrailingBlanks)
                line = ""
                used = 0
            }
            var rest = word[...]
            while DisplayWidth.of(rest) > width {
                let (head, _) = prefix(rest, width)
                // A character wider than the line: it can't be shown, but must not stop us.
                let count = max(head.count, 1)
                lines.append(head)
                rest = rest.dropFirst(count)
            }
            line = String(rest)
            used = DisplayWidth.of(rest)
        }
        lines.append(line.droppingTrailingBlanks)
        return lines
    }

    /// Runs of blanks and runs of anything else, in turn.
    private static func words(_ text: String) -> [String] {
        var words: [String] = []
        var word = ""
        for character in text {
            if let last = word.last, (last == " ") != (character == " ") {
                words.append(word)
                word = ""
            }
            word.append(character)
        }
        return word.isEmpty ? words : words + [word]
    }

    private static func prefix(_ text: Substring, _ width: Int) -> (String, used: Int) {
        var used = 0
        var result = ""
        for character in text {
            let next = used + DisplayWidth.of(character)
            if next > width { break }
            used = next
            result.append(character)
        }
        return (result, used)
    }
}

extension String {
    fileprivate var droppingTrailingBlanks: String {
        var text = self
        while text.last == " " { text.removeLast() }
        return text
    }
}
