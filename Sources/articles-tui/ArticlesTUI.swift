import ArgumentParser
import ArticlesClient
import Core
import Foundation

/// The viewer's command line.
@main
struct ArticlesTUI: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "articles-tui",
        abstract: "Read articles live in the terminal, and write them.",
        usage: """
            articles-tui
            articles-tui --url https://news.example --topic news --topic sport
            articles-tui --server work
            articles-tui --offline
            """,
        discussion: """
            Press ? for the keys. In pipes and scripts use "articlesctl watch" instead. Servers, keys and colours are set \
            in $XDG_CONFIG_HOME/articles/tui.toml: see articles-tui(1).

            Exit codes: 0 quit, 1 no usable terminal, 64 wrong usage, 66 token file not readable, 78 configuration, \
            129, 130 and 143 ended by SIGHUP, SIGINT and SIGTERM.
            """,
        version: ProjectVersion.number)

    @Option(
        help: ArgumentHelp(
            "The server. (default: $ARTICLES_URL, that of the configuration, or http://localhost:8000)",
            valueName: "url"))
    var url: String?

    @Option(help: ArgumentHelp("A server of the configuration.", valueName: "name"))
    var server: String?

    @Option(help: "Only this topic; may be repeated.")
    var topic: [String] = []

    @Option(
        help: ArgumentHelp(
            "File with the token to use. (default: $ARTICLES_TOKEN, else that of articlesctl login, else the local "
                + "daemon's own)", valueName: "path"))
    var tokenFile: String?

    @Option(
        help: ArgumentHelp(
            "Certificates of authorities to trust beside the system's, in PEM. (default: $ARTICLES_CA_FILE)",
            valueName: "path"))
    var caFile: String?

    @Option(help: "How many articles to begin with, 0–\(FeedQuery.maxLast). (default: 100)")
    var last: Int?

    @Option(help: ArgumentHelp("\(Theme.names.joined(separator: ", ")). (default: what suits the terminal)"))
    var theme: String?

    @Option(
        help: ArgumentHelp(
            "The configuration. (default: $XDG_CONFIG_HOME/articles/tui.toml, if it is there)", valueName: "path"))
    var config: String?

    @Flag(help: "Show what is in the cache, and leave the network alone.")
    var offline = false

    @Flag(help: "Draw with ASCII only.")
    var ascii = false

    func run() throws {
        let environment = ProcessInfo.processInfo.environment
        let config = try configuration(environment)
        let choices = ServerChoices(
            servers: config.servers, environment: environment, last: config.last, isOffline: offline)
        let choice = try choice(config, choices, environment)
        let isUnicode = LocaleSetup.takeUp(environment)
        let terminal: CursesTerminal
        do {
            terminal = try CursesTerminal(environment: environment, isUnicode: isUnicode)
        } catch {
            throw complaint("\(error)", 1)
        }
        terminal.use(config.theme(colors: terminal.colors, environment: environment))
        terminal.useMouse(config.usesMouse)
        let queue = EventQueue(wake: CursesTerminal.waker)
        let desk = Desk(config: config, environment: environment, choices: choices, first: choice, queue: queue)
        let appearance = Appearance(
            symbols: config.isASCII || !isUnicode ? .ascii : .unicode, timeZone: .current)
        var model = Model(
            source: desk.session.source, appearance: appearance, size: terminal.size, keys: config.keys,
            usesMouse: config.usesMouse, isFollowing: config.isFollowing, kept: desk.session.kept)
        model.today = .now
        // What is kept is there to read before the network has been asked.
        terminal.paint(Screen(model: model, now: .now, today: .now).lines())
        desk.session.start()
        var viewer = Viewer(terminal: terminal, outside: desk, queue: queue, model: model)
        let code = viewer.run()
        terminal.stop()
        desk.stop()
        throw ExitCode(code)
    }

    /// What the file says, changed by what the command line says.
    private func configuration(_ environment: [String: String]) throws -> Config {
        let path = config ?? UserDirectories(environment).config
        var result = Config()
        if config != nil || FileManager.default.fileExists(atPath: path) {
            guard let data = FileManager.default.contents(atPath: path) else {
                throw complaint("the configuration \(path) can't be read", 78)
            }
            guard let text = String(data: data, encoding: .utf8) else {
                throw complaint("the configuration \(path) is not UTF-8 text", 78)
            }
            do {
                result = try ConfigReader.read(text, file: path)
            } catch {
                throw complaint("\(error)", 78)
            }
        }
        if let last {
            guard (0...FeedQuery.maxLast).contains(last) else {
                throw complaint("The parameter last must be a number from 0 to \(FeedQuery.maxLast), not \(last).", 64)
            }
            result.last = last
        }
        if let theme {
            guard Theme.names.contains(theme) else {
                throw complaint("--theme must be one of \(Theme.names.joined(separator: ", ")), not \(theme).", 64)
            }
            result.theme = theme
        }
        result.isASCII = result.isASCII || ascii
        return result
    }

    /// The server to begin with: that of an option, of the environment, of the configuration, or the local one.
    private func choice(
        _ config: Config, _ choices: ServerChoices, _ environment: [String: String]
    ) throws -> ServerChoices.Choice {
        if server != nil, url != nil { throw complaint("Only one of --url and --server can be given.", 64) }
        let variable = environment["ARTICLES_URL"].flatMap { $0.isEmpty ? nil : $0 }
        var choice: ServerChoices.Choice
        do {
            let name = server ?? (url == nil && variable == nil ? config.server : nil)
            if let name {
                guard let found = config.servers.first(where: { $0.name == name }) else {
                    throw complaint("The configuration has no [servers.\(name)] (--server).", 64)
                }
                choice = try choices.choice(found)
                if let tokenFile {
                    choice.credential = try .resolve(
                        tokenFile: tokenFile, environment: environment, server: choice.url)
                }
                if let caFile { choice.trust = try .resolve(caFile: caFile, environment: environment) }
            } else {
                let address = try (url ?? variable).map { text throws(ClientError) in try ServerURL(text) } ?? .standard
                choice = ServerChoices.Choice(
                    url: address,
                    credential: try .resolve(tokenFile: tokenFile, environment: environment, server: address),
                    trust: try .resolve(caFile: caFile, environment: environment),
                    query: FeedQuery(last: config.last), tabs: [])
            }
            if !topic.isEmpty {
                choice.query = try FeedQuery(
                    items: topic.map { ("topic", $0) } + [("last", String(config.last))])
                choice.tabs = topic
            }
        } catch let error as ClientError {
            if case .badURL(let reason) = error {
                throw complaint("The URL is not usable: \(reason). Set it with --url or ARTICLES_URL.", 64)
            }
            throw complaint("\(error)", 66)
        } catch let error as ServiceError {
            throw complaint(error.detail, 64)
        }
        return choice
    }

    /// Says what is wrong, and what to exit with.
    private func complaint(_ message: String, _ code: Int32) -> ExitCode {
        let lines = message.split(separator: "\n").map { "articles-tui: \($0)\n" }
        FileHandle.standardError.write(Data(lines.joined().utf8))
        return ExitCode(code)
    }
}
