import ArgumentParser
import ArticlesClient
import Core

/// `articlesctl topics`
struct ListTopics: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "topics", abstract: "Show the topics with most articles, and how many they have.")

    @Flag(help: "One topic as JSON a line.")
    var json = false

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        for (topic, count) in try await connection.withClient({ try await $0.topics() }) {
            if json {
                Output.json(
                    JSONValue.object([JSONMember("topic", .string(topic)), JSONMember("count", .integer(count))]).bytes)
            } else {
                Output.row([topic, String(count)])
            }
        }
    }
}
