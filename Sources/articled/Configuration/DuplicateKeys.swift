/// Keys that a file has more than once. The YAML parser stops at the first, without its line; so all but the first are
/// given names of their own before it reads the file.
enum DuplicateKeys {
    struct Original: Hashable {
        let name: String
        /// Counted from 1.
        let firstLine: Int
    }

    /// - Returns: the text with other names for repeated keys, which are as long to the end of the key, and what these
    ///   names stand for. Keys of a mapping in braces are left alone.
    static func renamed(in text: String) -> (text: String, originals: [String: Original]) {
        var firstLines: [String: Int] = [:]
        var originals: [String: Original] = [:]
        var lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).map(String.init)
        for (index, line) in lines.enumerated() {
            guard let name = key(line) else { continue }
            guard let first = firstLines[name] else {
                firstLines[name] = index + 1
                continue
            }
            // Of a length of its own, so that it can be no key; from the private use area, so that nobody writes it.
            let made = name + "\u{E000}\(index)"
            originals[made] = Original(name: name, firstLine: first)
            lines[index] = made + line.dropFirst(name.count)
        }
        return originals.isEmpty ? (text, [:]) : (lines.joined(separator: "\n"), originals)
    }

    /// The plain key that a line begins with; `nil` if it begins with anything else.
    private static func key(_ line: String) -> String? {
        let name = line.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") }
        guard let first = name.first, first.isLetter, line.dropFirst(name.count).first == ":" else { return nil }
        return String(name)
    }
}
