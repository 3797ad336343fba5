import Console
import Foundation

/// What somebody wrote in their own editor, in a file that is kept until it is known to be of no more use.
struct WrittenText {
    private let text: String
    private let draft: Editor.Draft

    /// Opens a text in the editor.
    ///
    /// - Returns: what it became; `nil` if nothing was changed or nothing is left.
    /// - Throws: ``CommandFailure``.
    static func from(_ original: String) throws -> WrittenText? {
        let draft = try edit(original)
        guard let text = outcome(of: original, draft.text) else {
            draft.discard()
            return nil
        }
        return WrittenText(text: text, draft: draft)
    }

    /// Does something with the text. If that fails the file stays, and the error says where it is.
    func use<Result>(_ body: (String) async throws -> Result) async throws -> Result {
        do {
            let result = try await body(text)
            draft.discard()
            return result
        } catch let failure as CommandFailure {
            throw failure.adding("Your text is kept in \(draft.file)")
        }
    }

    /// As in system(3) Ctrl-C is for the editor alone while it runs: it means something else by it.
    private static func edit(_ text: String) throws -> Editor.Draft {
        let interrupt = signal(SIGINT, SIG_IGN)
        let quit = signal(SIGQUIT, SIG_IGN)
        defer {
            signal(SIGINT, interrupt)
            signal(SIGQUIT, quit)
        }
        let editor = Editor(environment: ProcessInfo.processInfo.environment)
        do {
            return try editor.open(text)
        } catch {
            switch error {
            case .notWritable(let file):
                throw CommandFailure(.failed, "The file \(file) for the editor can't be written.")
            case .ended(let status):
                throw CommandFailure(
                    .failed,
                    "The editor \"\(editor.command)\" failed (\(status)); nothing was posted ($VISUAL, $EDITOR).")
            case .notText(let file):
                throw CommandFailure(
                    .badData, "What the editor left is not UTF-8 text; nothing was posted.", "It is kept in \(file)")
            }
        }
    }

    /// What somebody wants who was shown one text and left another; `nil` if that is nothing.
    ///
    /// Editors end the last line although nobody typed that.
    private static func outcome(of original: String, _ edited: String) -> String? {
        let result = edited.hasSuffix("\n") && !original.hasSuffix("\n") ? String(edited.dropLast()) : edited
        return result == original || result.allSatisfy(\.isWhitespace) ? nil : result
    }
}
