import Core
import Foundation

/// Lets the user write an article in the editor of their own.
struct DraftEditor {
    enum Result {
        /// The text is unchanged, or has no title.
        case nothing
        case failed(String)
        case entry(OutboxEntry)
    }

    /// As the shell understands it.
    private let command: String

    /// `$VISUAL`, `$EDITOR` or vi.
    init(environment: [String: String]) {
        command = [environment["VISUAL"], environment["EDITOR"]].compactMap { $0 }.first { !$0.isEmpty } ?? "vi"
    }

    func write(_ composition: Composition) -> Result {
        let before = Self.draft(composition)
        let text = DraftText.text(before)
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("article-\(UUID().uuidString).txt")
            .path
        guard
            FileManager.default.createFile(
                atPath: file, contents: Data(text.utf8), attributes: [.posixPermissions: 0o600])
        else { return .failed("\(file) for the editor can't be written") }
        defer { unlink(file) }
        let status = ChildProgram.run(shell: "\(command) \"$1\"", arguments: [file])
        guard status == 0 else { return .failed("the editor \"\(command)\" failed (\(status)): nothing was posted") }
        guard let data = FileManager.default.contents(atPath: file), let edited = String(data: data, encoding: .utf8)
        else { return .failed("what the editor left is not UTF-8 text: nothing was posted") }
        guard edited != text, let draft = DraftText.draft(edited, topic: before.topic), draft != before else {
            return .nothing
        }
        return .entry(Self.entry(composition, draft))
    }

    private static func draft(_ composition: Composition) -> ArticleDraft {
        switch composition {
        case .add(let topic): ArticleDraft(title: "", topic: topic)
        case .edit(let article): ArticleDraft(title: article.title, body: article.body, topic: article.topic)
        case .again(let entry): entry.draft
        }
    }

    private static func entry(_ composition: Composition, _ draft: ArticleDraft) -> OutboxEntry {
        switch composition {
        case .add: OutboxEntry(key: UUID().uuidString, kind: .add, draft: draft)
        case .edit(let article): OutboxEntry(key: UUID().uuidString, kind: .edit(base: article), draft: draft)
        // Another text is another request, for which the server wants another key.
        case .again(let entry): OutboxEntry(key: UUID().uuidString, kind: entry.kind, draft: draft, replaces: entry.key)
        }
    }
}
