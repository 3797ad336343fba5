import Foundation

/// Lets somebody write in their own editor.
enum Editor {
    /// Opens a text in `$VISUAL`, `$EDITOR` or vi, and returns what it became; `nil` if the editor failed, nothing was
    /// changed, or nothing is left.
    static func edit(_ text: String, environment: [String: String] = ProcessInfo.processInfo.environment) throws
        -> String?
    {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("article-\(UUID().uuidString).txt")
        guard
            FileManager.default.createFile(
                atPath: file.path, contents: Data(text.utf8), attributes: [.posixPermissions: 0o600])
        else { throw CommandFailure(.failed, "The file \(file.path) for the editor can't be written.") }
        defer { try? FileManager.default.removeItem(at: file) }
        let editor = [environment["VISUAL"], environment["EDITOR"]].compactMap { $0 }.first { !$0.isEmpty } ?? "vi"
        let process = Process()
        // Through the shell, for people put options into $EDITOR; the file is no part of the command's text.
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", "\(editor) \"$1\"", "sh", file.path]
        do {
            try process.run()
        } catch {
            throw CommandFailure(.failed, "The editor \"\(editor)\" can't be started ($VISUAL, $EDITOR).")
        }
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw CommandFailure(.failed, "The editor \"\(editor)\" failed; nothing was posted.")
        }
        let result = try BodySource.text(inFile: file.path)
        return result == text || result.allSatisfy(\.isWhitespace) ? nil : result
    }
}
