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
        discussion: """
            Press ? for the keys. In pipes and scripts use "articlesctl watch" instead.

            Exit codes: 0 quit, 1 no usable terminal, 64 wrong usage, 66 token file not readable, \
            129, 130 and 143 ended by SIGHUP, SIGINT and SIGTERM.
            """,
        version: "1.0")

    @Option(help: ArgumentHelp("The server. (default: $ARTICLES_URL or http://localhost:8000)", valueName: "url"))
    var url: String?

    @Option(help: "Only this topic; may be repeated.")
    var topic: [String] = []

    @Option(
        help: ArgumentHelp(
            "File with the token to use. (default: $ARTICLES_TOKEN, else the local daemon's own)", valueName: "path"))
    var tokenFile: String?

    @Option(help: "How many articles to begin with, 0–\(FeedQuery.maxLast).")
    var last = 100

    @Flag(help: "Draw with ASCII only.")
    var ascii = false

    func run() throws {
        let environment = ProcessInfo.processInfo.environment
        let query = try query()
        let (server, credential) = try account(environment)
        let isUnicode = LocaleSetup.takeUp(environment)
        let terminal: CursesTerminal
        do {
            terminal = try CursesTerminal(environment: environment, isUnicode: isUnicode)
        } catch {
            throw complaint("\(error)", 1)
        }
        let appearance = Appearance(symbols: ascii || !isUnicode ? .ascii : .unicode, timeZone: .current)
        let source = Source(server: server.description, query: query) { server.permalink(id: $0) }
        let queue = EventQueue(wake: CursesTerminal.waker)
        let feed = FeedReader(ArticlesClient(server: server, credential: credential), query: query, queue: queue)
        var viewer = Viewer(
            terminal: terminal, queue: queue,
            model: Model(source: source, appearance: appearance, size: terminal.size))
        let code = viewer.run()
        terminal.stop()
        feed.stop()
        throw ExitCode(code)
    }

    private func query() throws -> FeedQuery {
        do {
            return try FeedQuery(items: topic.map { ("topic", $0) } + [("last", String(last))])
        } catch {
            throw complaint(error.detail, 64)
        }
    }

    private func account(_ environment: [String: String]) throws -> (ServerURL, Credential?) {
        do {
            let named = try (url ?? environment["ARTICLES_URL"]).map { text throws(ClientError) in try ServerURL(text) }
            let server = named ?? .standard
            return (server, try .resolve(tokenFile: tokenFile, environment: environment, server: server))
        } catch .badURL(let reason) {
            throw complaint("The URL is not usable: \(reason). Set it with --url or ARTICLES_URL.", 64)
        } catch {
            throw complaint("\(error)", 66)
        }
    }

    /// Says what is wrong, and what to exit with.
    private func complaint(_ message: String, _ code: Int32) -> ExitCode {
        FileHandle.standardError.write(Data("articles-tui: \(message)\n".utf8))
        return ExitCode(code)
    }
}
