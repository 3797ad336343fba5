import Foundation

/// Lets somebody write in their own editor.
public struct Editor {
    /// What was written, and the file that it is in, which only this user may read.
    public struct Draft {
        /// As the editor left it.
        public let text: String
        /// Its path.
        public let file: String

        /// Removes the file, once the text is known to be kept elsewhere, or of no use.
        public func discard() {
            unlink(file)
        }
    }

    /// Why there is no draft.
    public enum Failure: Error {
        /// The file that was to be edited.
        case notWritable(file: String)
        /// As ``ChildProgram/run(shell:arguments:input:)`` returns it.
        case ended(status: Int32)
        /// What the editor left is still there.
        case notText(file: String)
    }

    /// As the shell understands it.
    public let command: String

    /// `$VISUAL`, `$EDITOR` or vi.
    public init(environment: [String: String]) {
        command = [environment["VISUAL"], environment["EDITOR"]].compactMap { $0 }.first { !$0.isEmpty } ?? "vi"
    }

    /// Opens a text, and waits until the editor ends. Ctrl-C is for the caller to ignore meanwhile.
    public func open(_ text: String) throws(Failure) -> Draft {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("article-\(UUID().uuidString).txt")
            .path
        guard
            FileManager.default.createFile(
                atPath: file, contents: Data(text.utf8), attributes: [.posixPermissions: 0o600])
        else { throw .notWritable(file: file) }
        let status = ChildProgram.run(shell: "\(command) \"$1\"", arguments: [file])
        guard status == 0 else {
            unlink(file)
            throw .ended(status: status)
        }
        guard let data = FileManager.default.contents(atPath: file), let edited = String(data: data, encoding: .utf8)
        else { throw .notText(file: file) }
        return Draft(text: edited, file: file)
    }
}
