/// Text in a line of the log, whoever wrote it: it can neither begin another line, nor drive a terminal, nor turn the
/// direction of what stands behind it.
enum LogText {
    enum Form {
        /// As it is.
        case plain
        /// As it is if that is one word, else in quotes.
        case word
        /// A string of JSON, quotes included (RFC 8259 section 7).
        case json
    }

    static func append(_ text: String, as form: Form, to line: inout [UInt8]) {
        let isQuoted =
            switch form {
            case .plain: false
            case .word: !text.utf8.allSatisfy(isOfWord) || text.isEmpty
            case .json: true
            }
        if isQuoted { line.append(UInt8(ascii: "\"")) }
        if !appendPlain(text, to: &line) { appendEscaped(text, as: form, isQuoted: isQuoted, to: &line) }
        if isQuoted { line.append(UInt8(ascii: "\"")) }
    }

    /// Appends what nearly all text is: short, and nothing in it to be escaped. False if it is not.
    private static func appendPlain(_ text: String, to line: inout [UInt8]) -> Bool {
        var text = text
        return text.withUTF8 { bytes in
            let isPlain =
                bytes.count <= LogEntry.maxBytes
                && bytes.allSatisfy {
                    (0x20..<0x7F).contains($0) && $0 != UInt8(ascii: "\\") && $0 != UInt8(ascii: "\"")
                }
            if isPlain { line.append(contentsOf: bytes) }
            return isPlain
        }
    }

    private static func appendEscaped(_ text: String, as form: Form, isQuoted: Bool, to line: inout [UInt8]) {
        let start = line.count
        for scalar in text.unicodeScalars {
            guard line.count - start < LogEntry.maxBytes else {
                line += "…".utf8
                break
            }
            switch scalar {
            case "\\": line += "\\\\".utf8
            case "\"" where isQuoted: line += "\\\"".utf8
            case " "..<"\u{7F}": line.append(UInt8(truncatingIfNeeded: scalar.value))
            case _ where isDangerous(scalar): escape(scalar, as: form, to: &line)
            default: line.append(contentsOf: UTF8.encode(scalar).unsafelyUnwrapped)
            }
        }
    }

    private static func isOfWord(_ byte: UInt8) -> Bool {
        byte > 0x20 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "=")
    }

    /// Control characters of both kinds, those that have no shape (marks of direction are among them), and whatever
    /// ends a line.
    private static func isDangerous(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }

    private static func escape(_ scalar: Unicode.Scalar, as form: Form, to line: inout [UInt8]) {
        switch (scalar, form) {
        case ("\n", _): line += "\\n".utf8
        case ("\r", _): line += "\\r".utf8
        case ("\t", _): line += "\\t".utf8
        case (_, .json):
            for unit in UTF16.encode(scalar).unsafelyUnwrapped {
                let digits = String(unit, radix: 16)
                line += "\\u\(String(repeating: "0", count: 4 - digits.count))\(digits)".utf8
            }
        case (_, .plain), (_, .word):
            line += "\\u{\(String(scalar.value, radix: 16))}".utf8
        }
    }
}
