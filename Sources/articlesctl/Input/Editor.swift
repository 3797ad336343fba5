import Foundation

/// Lets somebody write in their own editor.
struct Editor {
    /// What was written, in a file that is kept until it is known to be of no more use.
    struct Draft {
        let text: String
        let file: String

        /// Does something with the text. If that fails the file stays, and the error says where it is.
        func use<Result>(_ body: (String) async throws -> Result) async throws -> Result {
            do {
                let result = try await body(text)
                try? FileManager.default.removeItem(atPath: file)
                return result
            } catch let failure as CommandFailure {
                throw failure.adding("Your text is kept in \(file)")
            }
        }
    }

    /// As the shell understands it.
    let command: String

    /// `$VISUAL`, `$EDITOR` or vi.
    init(environment: [String: String] = ProcessInfo.processInfo.environment) {
        command = [environment["VISUAL"], environment["EDITOR"]].compactMap { $0 }.first { !$0.isEmpty } ?? "vi"
    }

    /// Opens a text and returns what it became; `nil` if nothing was changed or nothing is left.
    func edit(_ text: String) throws -> Draft? {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("article-\(UUID().uuidString).txt")
            .path
        guard
            FileManager.default.createFile(
                atPath: file, contents: Data(text.utf8), attributes: [.posixPermissions: 0o600])
        else { throw CommandFailure(.failed, "The file \(file) for the editor can't be written.") }
        var isKept = false
        defer { if !isKept { try? FileManager.default.removeItem(atPath: file) } }

        guard try Terminal.run(shell: command, argument: file) == 0 else {
            throw CommandFailure(.failed, "The editor \"\(command)\" failed; nothing was posted ($VISUAL, $EDITOR).")
        }
        guard let result = Self.outcome(of: text, try BodySource.text(inFile: file)) else { return nil }
        isKept = true
        return Draft(text: result, file: file)
    }

    /// What somebody wants who was shown one text and left another; `nil` if that is nothing.
    ///
    /// Editors end the last line although nobody typed that.
    static func outcome(of original: String, _ edited: String) -> String? {
        let result = edited.hasSuffix("\n") && !original.hasSuffix("\n") ? String(edited.dropLast()) : edited
        return result == original || result.allSatisfy(\.isWhitespace) ? nil : result
    }
}
