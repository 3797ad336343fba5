import ArgumentParser
import ArticlesClient
import Core
import Foundation

/// `articlesctl watch`
struct WatchFeed: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch",
        abstract: "Print articles as they are published.",
        discussion: """
            Begins with the latest articles, then follows the feed for ever, over disconnects and restarts of the
            server, without missing one or printing one twice. Should that be impossible it is said on standard error.

            Examples:
              articlesctl watch --format '{{title}} {{url}}'
              articlesctl watch --exec notify-send -- '{{title}}'
              articlesctl watch --shell --exec 'echo "$ARTICLE_TITLE" >> titles.txt'
              articlesctl watch --until-live --state ~/.news-cursor      # from cron: each article once

            Members: \(EventMembers.names.joined(separator: ", ")); in the environment of --exec as ARTICLE_TITLE, ….
            """)

    @Option(help: "Only this topic; may be repeated.")
    var topic: [String] = []

    @Option(name: [.customShort("n"), .long], help: "How many articles to begin with, 0–500.")
    var last = FeedQuery.defaultLast

    @Option(help: ArgumentHelp("Begin after this place instead, such as 42-9c1e7a3b.", valueName: "cursor"))
    var since: String?

    @Flag(help: "End when everything that is there has been printed.")
    var untilLive = false

    @Flag(help: "One event as JSON a line, as it always is where standard output is no terminal.")
    var json = false

    @Option(help: ArgumentHelp("Print this for each event, with members in double braces.", valueName: "template"))
    var format: String?

    @Option(help: ArgumentHelp("Run a program for each event; its arguments stand behind --.", valueName: "program"))
    var exec: String?

    @Flag(help: "Let a shell understand what --exec says.")
    var shell = false

    @Option(
        help: ArgumentHelp(
            "Keep the place in this file: the next run goes on there.", valueName: "path"))
    var state: String?

    @Argument(help: ArgumentHelp("Arguments of the program; may have members in double braces.", valueName: "argument"))
    var arguments: [String] = []

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let cursorFile = state.map(CursorFile.init)
        let query = try query(since: since ?? cursorFile?.read()?.description)
        let text = ArticleText.forOutput()
        let show = try shower(text)
        Output.endWithReader()
        try await connection.withClient { client in
            var wasConnected = false
            for await update in client.subscribe(query) {
                switch update {
                case .snapshot(let events): for event in events { show(event, client.server) }
                case .event(let event):
                    show(event, client.server)
                    try cursorFile?.write(event.cursor)
                case .reset(let reason): Output.message([Self.gap(reason)])
                case .caughtUp(let cursor):
                    try cursorFile?.write(cursor)
                    if untilLive { return }
                case .state(.catchingUp): wasConnected = true
                case .state(.waiting(let attempt, _, let reason)):
                    // Who asked for what is there now would wait for ever for a server that is down.
                    guard wasConnected || !untilLive else {
                        throw ClientError.unreachable(url: client.server.description, reason: reason)
                    }
                    Output.message(["\(client.server): \(reason); trying again (attempt \(attempt))"])
                case .state(.refused(let reason)):
                    throw CommandFailure(Self.exitStatus(refusal: reason), "\(client.server): \(reason)")
                case .state: break
                }
            }
        }
    }

    /// What a refusal means for the exit code; its reason ends with the status or the close code.
    static func exitStatus(refusal reason: String) -> ExitStatus {
        for code in ["(401 ", "(403 ", "(1008"] where reason.contains(code) { return .notAllowed }
        return reason.contains("(400 ") ? .badData : .failed
    }

    private func query(since: String?) throws -> FeedQuery {
        var items = topic.map { (name: "topic", value: $0) } + [("last", String(last))]
        if let since { items.append(("since", since)) }
        do {
            return try FeedQuery(items: items)
        } catch {
            throw CommandFailure(.usage, error.detail.replacing("The parameter ", with: "--"))
        }
    }

    /// What is done with each event.
    private func shower(_ text: ArticleText) throws -> (FeedEvent, ServerURL) -> Void {
        if [format != nil, exec != nil, json].filter({ $0 }).count > 1 {
            throw CommandFailure(.usage, "Only one of --json, --format and --exec can be given.")
        }
        if exec == nil, shell || !arguments.isEmpty {
            throw CommandFailure(.usage, "--shell and arguments need --exec.")
        }
        if let exec {
            let command = EventCommand(
                command: exec, arguments: try arguments.map { try Self.template($0, "--exec") }, usesShell: shell)
            return { event, server in
                if let problem = command.run(EventMembers(event, server: server)) { Output.message([problem]) }
            }
        }
        if let format {
            let template = try Self.template(format, "--format")
            return { event, server in
                let line = template.text(EventMembers(event, server: server))
                Output.line(Output.isTerminal ? TerminalText.block(line) : line)
            }
        }
        let isJSON = json || !Output.isTerminal
        return { event, _ in
            if isJSON { Output.json(event.json) } else { Output.line(text.line(event)) }
        }
    }

    private static func template(_ text: String, _ option: String) throws -> EventTemplate {
        do {
            return try EventTemplate(text)
        } catch {
            throw CommandFailure(.usage, "\(option): \(error.reason)")
        }
    }

    static func gap(_ reason: ControlMessage.ResetReason) -> String {
        switch reason {
        case .trimmed: "there may be a gap here: what came next is no longer kept; going on with the latest articles"
        case .forked: "there may be a gap here: the server's history was replaced; going on with the latest articles"
        }
    }
}
