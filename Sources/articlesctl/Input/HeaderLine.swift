import Foundation

/// Headers of HTTP that are given on the command line, or in a file: there nobody else sees a token.
enum HeaderLine {
    /// What a name may have (RFC 9110 section 5.6.2).
    private static let tokenCharacters = Set(
        "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)

    static func isToken(_ text: String) -> Bool { !text.isEmpty && text.utf8.allSatisfy(tokenCharacters.contains) }

    /// Reads `Name: value` and `@FILE`.
    ///
    /// - Throws: ``CommandFailure`` for what is no header, and for a file that can't be read.
    static func read(_ arguments: [String], _ option: String) throws -> [String] {
        try arguments.flatMap { argument in
            guard argument.hasPrefix("@") else { return [argument] }
            let path = String(argument.dropFirst())
            guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
                throw CommandFailure(.noInput, "The file \(path) can't be read (\(option)).")
            }
            return text.split(whereSeparator: \.isNewline).map(String.init)
        }.map { line in
            // What stands in a file may be secret, and is not repeated.
            guard let colon = line.firstIndex(of: ":"), isToken(String(line[..<colon])),
                line.utf8.allSatisfy({ $0 >= 32 && $0 != 127 })
            else { throw CommandFailure(.usage, "\(option) must be like \"Name: value\", or @FILE with such lines.") }
            return line
        }
    }

    /// Some headers, and of others those whose names are not among them.
    static func merged(_ lines: [String], over others: [String]) -> [String] {
        let names = Set(lines.map(name))
        return others.filter { !names.contains(name($0)) } + lines
    }

    private static func name(_ line: String) -> String { line.prefix { $0 != ":" }.lowercased() }
}
