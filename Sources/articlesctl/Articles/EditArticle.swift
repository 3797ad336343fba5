import ArgumentParser
import ArticlesClient
import Core
import Foundation

/// `articlesctl edit`
struct EditArticle: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "edit",
        abstract: "Change an article.",
        discussion: """
            What the options name is changed; without options your editor opens with the title on the first line and
            the body after an empty one. An article that somebody else changed meanwhile is not overwritten.
            """)

    @Argument(help: "The article's id.")
    var id: Int64

    @Option(name: .shortAndLong, help: "A new title.")
    var title: String?

    @Option(name: .shortAndLong, help: "A new body; \"-\" reads standard input.")
    var body: String?

    @Option(help: ArgumentHelp("File with a new body; \"-\" is standard input.", valueName: "path"))
    var bodyFile: String?

    @Option(help: "A new topic.")
    var topic: String?

    @Flag(help: "Print the article as JSON.")
    var json = false

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let newBody = body == nil && bodyFile == nil ? nil : try BodySource.read(body: body, file: bodyFile)
        try await connection.withClient { client in
            let current = try await client.article(id: id)
            var patch = ArticlePatch(title: title, body: newBody, topic: topic)
            if patch == ArticlePatch() { patch = try editorPatch(current.article) }
            do {
                let changed = try await client.update(id: id, patch: patch, ifMatch: current.entityTag)
                if json { Output.line(changed.article.json(cursor: changed.cursor)) }
            } catch ClientError.refused(412, _, _, _, _) {
                throw CommandFailure(
                    .failed, "Article \(id) was changed by somebody else meanwhile; nothing was overwritten.",
                    "Look at it with \"articlesctl get \(id)\" and edit again.")
            }
        }
    }

    private func editorPatch(_ article: Article) throws -> ArticlePatch {
        guard isatty(STDIN_FILENO) != 0 else {
            throw CommandFailure(.usage, "Say what to change: --title, --body, --body-file or --topic.")
        }
        guard let text = try Editor.edit("\(article.title)\n\n\(article.body)") else {
            throw CommandFailure(.failed, "Nothing was changed.")
        }
        return Self.patch(text)
    }

    /// First line the title, then the body, with one empty line between that belongs to neither.
    static func patch(_ text: String) -> ArticlePatch {
        let parts = text.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
        var body = parts.count > 1 ? parts[1] : ""
        if body.first == "\n" { body = body.dropFirst() }
        return ArticlePatch(title: String(parts[0]), body: String(body))
    }
}
