import Console
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

    private let editor: Editor

    init(environment: [String: String]) {
        editor = Editor(environment: environment)
    }

    func write(_ composition: Composition) -> Result {
        let before = Self.draft(composition)
        let text = DraftText.text(before)
        let edited: String
        do {
            let written = try editor.open(text)
            // From here on the outbox keeps it.
            written.discard()
            edited = written.text
        } catch {
            return .failed(Self.explanation(error, editor))
        }
        guard edited != text, let draft = DraftText.draft(edited, topic: before.topic), draft != before else {
            return .nothing
        }
        return .entry(Self.entry(composition, draft))
    }

    private static func explanation(_ failure: Editor.Failure, _ editor: Editor) -> String {
        switch failure {
        case .notWritable(let file): "\(file) for the editor can't be written"
        case .ended(let status): "the editor \"\(editor.command)\" failed (\(status)): nothing was posted"
        case .notText(let file): "what the editor left is not UTF-8 text: nothing was posted, and it is kept in \(file)"
        }
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
