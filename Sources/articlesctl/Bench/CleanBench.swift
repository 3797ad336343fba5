import ArgumentParser
import ArticlesClient
import Core

/// `articlesctl bench clean`
struct CleanBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clean", abstract: "Remove what a bench has left that could not clean up.")

    @Argument(help: "The bench's topic, such as bench-1a2b3c4d.")
    var topic: String

    @Flag(help: "Print what was done as JSON.")
    var json = false

    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        guard topic.hasPrefix(BenchTopic.prefix) else {
            throw ValidationError("Only topics that begin with \(BenchTopic.prefix) are removed.")
        }
    }

    func run() async throws {
        var progress = Progress()
        let count = try await connection.withClient { client in
            defer { progress.finish() }
            return try await BenchTopic.clear(topic, client) { progress.update($0, share: nil) }
        }
        Output.done(
            "removed \(count) articles of the topic \(topic)",
            ["topic": .string(topic), "removed": .integer(Int64(count))], json: json)
    }
}
