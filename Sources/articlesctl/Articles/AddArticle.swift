import ArgumentParser
import ArticlesClient
import Core
import Foundation

/// `articlesctl add`
struct AddArticle: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Post an article and print its id.",
        discussion: """
            The body comes from --body, --body-file, or standard input if that is a pipe; on a terminal your editor
            opens. An empty or unchanged text in the editor posts nothing.
            """)

    @Option(name: .shortAndLong, help: "The title, up to 256 characters.")
    var title: String

    @Option(name: .shortAndLong, help: "The body; \"-\" reads standard input.")
    var body: String?

    @Option(help: ArgumentHelp("File with the body; \"-\" is standard input.", valueName: "path"))
    var bodyFile: String?

    @Option(help: ArgumentHelp("The topic. (default: news)", valueName: "topic"))
    var topic: String?

    @Flag(help: "Print the article as JSON instead of its id.")
    var json = false

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        if let text = try BodySource.read(body: body, file: bodyFile) {
            return try await publish(text)
        }
        guard let written = try WrittenText.from("") else {
            throw CommandFailure(.failed, "The text is empty; nothing was posted.")
        }
        try await written.use(publish)
    }

    private func publish(_ text: String) async throws {
        let draft = ArticleDraft(title: title, body: text, topic: topic ?? ArticleLimits.defaultTopic)
        do {
            // Tells what is wrong without a round trip; the server may allow longer bodies.
            _ = try draft.validated(limits: ArticleLimits(maxBodyBytes: .max))
        } catch {
            throw CommandFailure(.badData, CommandFailure.invalid(error.errors))
        }
        let published = try await connection.withClient { try await $0.add(draft) }
        if json {
            Output.json(published.article.json(cursor: published.cursor))
        } else {
            Output.line(String(published.article.id))
        }
    }
}
