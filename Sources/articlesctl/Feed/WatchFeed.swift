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

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let query = try query()
        let text = ArticleText.forOutput()
        Output.endWithReader()
        try await connection.withClient { client in
            var wasConnected = false
            for await update in client.subscribe(query) {
                switch update {
                case .snapshot(let events): for event in events { show(event, text) }
                case .event(let event): show(event, text)
                case .reset(let reason): Output.message([Self.gap(reason)])
                case .caughtUp: if untilLive { return }
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

    private func query() throws -> FeedQuery {
        var items = topic.map { (name: "topic", value: $0) } + [("last", String(last))]
        if let since { items.append(("since", since)) }
        do {
            return try FeedQuery(items: items)
        } catch {
            throw CommandFailure(.usage, error.detail.replacing("The parameter ", with: "--"))
        }
    }

    private func show(_ event: FeedEvent, _ text: ArticleText) {
        if json || !Output.isTerminal { Output.json(event.json) } else { Output.line(text.line(event)) }
    }

    static func gap(_ reason: ControlMessage.ResetReason) -> String {
        switch reason {
        case .trimmed: "there may be a gap here: what came next is no longer kept; going on with the latest articles"
        case .forked: "there may be a gap here: the server's history was replaced; going on with the latest articles"
        }
    }
}
