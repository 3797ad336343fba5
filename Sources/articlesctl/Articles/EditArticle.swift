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
        let patch = ArticlePatch(title: title, body: newBody, topic: topic)
        let isForEditor = patch == ArticlePatch()
        if isForEditor, isatty(STDIN_FILENO) == 0 {
            throw CommandFailure(.usage, "Say what to change: --title, --body, --body-file or --topic.")
        }
        try await connection.withClient { client in
            let current = try await client.article(id: id)
            guard isForEditor else { return try await change(current, to: patch, client) }
            let original = "\(current.article.title)\n\n\(current.article.body)"
            guard let written = try WrittenText.from(original) else {
                throw CommandFailure(.failed, "Nothing was changed.")
            }
            try await written.use { try await change(current, to: Self.patch($0), client) }
        }
    }

    private func change(_ current: TaggedArticle, to patch: ArticlePatch, _ client: ArticlesClient) async throws {
        let changed: PublishedArticle
        do {
            changed = try await client.update(id: id, patch: patch, ifMatch: current.entityTag)
        } catch .refused(412, _, _, _, _) {
            throw CommandFailure(
                .failed, "Article \(id) was changed by somebody else meanwhile; nothing was overwritten.",
                "Look at it with \"articlesctl get \(id)\" and edit again.")
        } catch {
            throw CommandFailure(error, server: client.server)
        }
        if json { Output.json(changed.article.json(cursor: changed.cursor)) }
    }

    /// First line the title, then the body, with one empty line between that belongs to neither.
    static func patch(_ text: String) -> ArticlePatch {
        let parts = text.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
        var body = parts.count > 1 ? parts[1] : ""
        if body.first == "\n" { body = body.dropFirst() }
        return ArticlePatch(title: String(parts[0]), body: String(body))
    }
}
