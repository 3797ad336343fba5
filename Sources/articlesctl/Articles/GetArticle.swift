import ArgumentParser
import ArticlesClient
import Core

/// `articlesctl get`
struct GetArticle: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "get", abstract: "Show one article.")

    @Argument(help: "The article's id.")
    var id: Int64

    @Flag(help: "As JSON.")
    var json = false

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let article = try await connection.withClient { try await $0.article(id: id).article }
        if json { Output.json(article.json()) } else { Output.line(ArticleText.forOutput().page(article)) }
    }
}
