import ArticlesClient

/// JSON for a terminal: the same value, but nothing in it can drive the terminal.
enum TerminalJSON {
    /// Writes active characters as escapes. JSON has them inside of strings only, where `\u` means the same.
    static func escaped(_ json: [UInt8]) -> [UInt8] {
        let text = String(decoding: json, as: UTF8.self)
        guard text.unicodeScalars.contains(where: TerminalText.isActive) else { return json }
        return text.unicodeScalars.flatMap { scalar -> [UInt8] in
            guard TerminalText.isActive(scalar) else { return Array(String(scalar).utf8) }
            let digits = String(scalar.value, radix: 16)
            return Array(("\\u" + String(repeating: "0", count: 4 - digits.count) + digits).utf8)
        }
    }
}
