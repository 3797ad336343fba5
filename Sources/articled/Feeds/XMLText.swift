/// Text as XML 1.0 can have it.
enum XMLText {
    /// Escaped for content and attributes. What XML 1.0 forbids even as a reference (section 2.2) becomes U+FFFD.
    static func escape(_ text: String) -> String {
        var escaped = ""
        escaped.reserveCapacity(text.utf8.count)
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            // As it is a parser would make a line feed of it (section 2.11).
            case "\r": escaped += "&#13;"
            case "\t", "\n", "\u{20}"..."\u{D7FF}", "\u{E000}"..."\u{FFFD}", "\u{10000}"..."\u{10FFFF}":
                escaped.unicodeScalars.append(scalar)
            default: escaped += "\u{FFFD}"
            }
        }
        return escaped
    }

    /// Plain text as HTML that looks like it: with its lines, and its indentation.
    static func html(_ text: String) -> String {
        text.replacing("\r\n", with: "\n").replacing("\r", with: "\n")
            .split(separator: "\n", omittingEmptySubsequences: false)
            .map { line in
                let indentation = line.prefix { $0 == " " || $0 == "\t" }
                let blanks = indentation.map { $0 == "\t" ? "\u{A0}\u{A0}\u{A0}\u{A0}" : "\u{A0}" }.joined()
                return blanks + ScalarEscapedHTML().escapeText(String(line.dropFirst(indentation.count)))
            }
            .joined(separator: "<br>")
    }
}
