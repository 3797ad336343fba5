import ArgumentParser
import ArticlesClient
@main
struct Articlesctl: AsyncParsableCommand {
    func run() async throws {}
}
