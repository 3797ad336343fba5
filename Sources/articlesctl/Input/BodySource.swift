import Foundation

/// Where an article's body comes from: an option, a file, a pipe or an editor.
enum BodySource {
    /// The body that was asked for; `nil` if nothing names one and standard input is a terminal.
    ///
    /// Standard input that is no terminal is the body, and may be empty.
    static func read(body: String?, file: String?) throws -> String? {
        if body != nil, file != nil {
            throw CommandFailure(.usage, "Only one of --body and --body-file can be given.")
        }
        if let file, file != "-" { return try text(inFile: file) }
        if let body, body != "-" { return body }
        let isAsked = body == "-" || file == "-"
        guard isAsked || isatty(STDIN_FILENO) == 0 else { return nil }
        return try decoded(FileHandle.standardInput.readToEnd() ?? Data(), from: "standard input")
    }

    static func text(inFile path: String) throws -> String {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw CommandFailure(.noInput, "The file \(path) can't be read (--body-file).")
        }
        return try decoded(data, from: path)
    }

    private static func decoded(_ data: Data, from source: String) throws -> String {
        guard let text = String(data: data, encoding: .utf8) else {
            throw CommandFailure(.badData, "The body from \(source) is not UTF-8 text.")
        }
        return text
    }
}
