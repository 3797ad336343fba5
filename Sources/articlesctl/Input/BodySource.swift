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
        return try standardInput()
    }

    private static func standardInput() throws -> String {
        do {
            return try decoded(FileHandle.standardInput.readToEnd() ?? Data(), from: "standard input")
        } catch let failure as CommandFailure {
            throw failure
        } catch {
            throw CommandFailure(.noInput, "Standard input can't be read.", "Name a body with --body or --body-file.")
        }
    }

    static func text(inFile path: String) throws -> String {
        do {
            // Through a handle, for the shell's <(…) is no regular file.
            let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
            return try decoded(file.readToEnd() ?? Data(), from: path)
        } catch let failure as CommandFailure {
            throw failure
        } catch {
            throw CommandFailure(.noInput, "The file \(path) can't be read (--body-file).")
        }
    }

    private static func decoded(_ data: Data, from source: String) throws -> String {
        guard let text = String(data: data, encoding: .utf8) else {
            throw CommandFailure(.badData, "The body from \(source) is not UTF-8 text.")
        }
        return text
    }
}
