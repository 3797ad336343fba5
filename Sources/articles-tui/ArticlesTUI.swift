import ArgumentParser
import ArticlesClient
import Core
import Foundation

/// The viewer's command line.
@main
struct ArticlesTUI: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "articles-tui",
        abstract: "Read articles live in the terminal.",
        usage: """
            articles-tui
            articles-tui --url https://news.example --topic news --topic sport
            """,
        discussion: "Press ? for the keys. In pipes and scripts use \"articlesctl watch\" instead.",
        version: "1.0")

    @Option(help: ArgumentHelp("The server. (default: $ARTICLES_URL or http://localhost:8000)", valueName: "url"))
    var url: String?

    @Option(help: "Only this topic; may be repeated.")
    var topic: [String] = []

    @Option(
        help: ArgumentHelp(
            "File with the token to use. (default: $ARTICLES_TOKEN, else the local daemon's own)", valueName: "path"))
    var tokenFile: String?

    @Option(name: [.customShort("n"), .long], help: "How many articles to begin with, 0–500.")
    var last = 100

    @Flag(help: "Draw with ASCII only.")
    var ascii = false

    func run() throws {
        let environment = ProcessInfo.processInfo.environment
        let client: ArticlesClient
        let query: FeedQuery
        do {
            let server = try (url ?? environment["ARTICLES_URL"]).map { text throws(ClientError) in try ServerURL(text)
            }
            let target = server ?? .standard
            client = ArticlesClient(
                server: target,
                credential: try .resolve(tokenFile: tokenFile, environment: environment, server: target))
        } catch {
            fail("\(error) Set it with --url or ARTICLES_URL.", code: 64)
        }
        do {
            query = try FeedQuery(items: topic.map { ("topic", $0) } + [("last", String(last))])
        } catch {
            fail(error.detail, code: 64)
        }
        let isUTF8 = LocaleSetup.use(environment)
        let terminal: CursesTerminal
        do {
            terminal = try CursesTerminal(environment: environment)
        } catch {
            fail(error.message, code: 1)
        }
        let queue = EventQueue(wake: CursesTerminal.waker)
        let subscription = client.subscribe(query)
        let reading = Task.detached {
            for await update in subscription { await queue.post(.feed(update)) }
        }
        var viewer = Viewer(
            terminal: terminal, queue: queue, usesASCII: ascii || !isUTF8,
            model: Model(
                server: client.server.description, topics: query.filter.topics,
                permalink: { [server = client.server] in server.permalink(id: $0) }))
        let code = viewer.run()
        reading.cancel()
        terminal.stop()
        Foundation.exit(code)
    }

    private func fail(_ message: String, code: Int32) -> Never {
        FileHandle.standardError.write(Data("articles-tui: \(message)\n".utf8))
        Foundation.exit(code)
    }
}
