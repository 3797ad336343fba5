import ArgumentParser
import ArticlesClient
import Core

/// `articlesctl status`
struct ShowStatus: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "status", abstract: "Show how the server is.")

    @Flag(help: "As JSON.")
    var json = false

    @OptionGroup var connection: ConnectionOptions

    /// Days, hours, minutes and seconds, from the largest that is not zero.
    static func duration(_ seconds: Int64) -> String {
        let parts = [
            (seconds / 86_400, "d"), (seconds / 3600 % 24, "h"), (seconds / 60 % 60, "m"), (seconds % 60, "s"),
        ]
        return parts.drop { $0.0 == 0 && $0.1 != "s" }.map { "\($0.0)\($0.1)" }.joined(separator: " ")
    }

    func run() async throws {
        let (server, status) = try await connection.withClient { ($0.server, try await $0.status()) }
        if json {
            Output.json(
                JSONValue.object([
                    JSONMember("node", .string(status.node)), JSONMember("version", .string(status.version)),
                    JSONMember("role", .string(status.role)), JSONMember("uptime", .integer(status.uptime)),
                    JSONMember("cursor", .string(status.cursor.description)),
                    JSONMember("oldest", .string(status.oldest.description)),
                    JSONMember("subscribers", .integer(status.subscribers)),
                ]).bytes)
        } else {
            Output.line(
                """
                server       \(server)
                node         \(TerminalText.line(status.node))
                version      \(TerminalText.line(status.version))
                up           \(Self.duration(status.uptime))
                newest       \(status.cursor)
                oldest       \(status.oldest)
                subscribers  \(status.subscribers)
                """)
        }
    }
}
