import ArgumentParser
import ArticlesClient
import Core

/// `articlesctl list`
struct ListArticles: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Show articles, newest first.",
        discussion: """
            On a terminal in columns; elsewhere a line has id, time, topic, author and title, with tabs between.
            """)

    @Option(help: "Only this topic.")
    var topic: String?

    @Option(name: .shortAndLong, help: "Only articles with this text in title or body.")
    var search: String?

    @Option(name: [.customShort("n"), .long], help: "How many.")
    var limit = 20

    @Option(help: ArgumentHelp("Only articles older than this one.", valueName: "id"))
    var before: Int64?

    @Flag(help: "One article as JSON a line.")
    var json = false

    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        guard limit > 0 else { throw ValidationError("--limit must be at least 1.") }
    }

    func run() async throws {
        let text = ArticleText.forOutput()
        try await connection.withClient { client in
            var remaining = limit
            var before = before
            repeat {
                let page = try await client.list(
                    topic: topic, query: search, before: before, limit: min(remaining, 500))
                for article in page.articles {
                    if json { Output.json(article.json()) } else { Output.line(text.row(article)) }
                }
                remaining -= page.articles.count
                before = page.next
            } while before != nil && remaining > 0
        }
    }
}
