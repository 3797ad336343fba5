import ArgumentParser
import ArticlesClient
@main
struct ArticlesTUI: AsyncParsableCommand {
    func run() async throws {}
}
