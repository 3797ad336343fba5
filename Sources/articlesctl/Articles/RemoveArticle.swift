import ArgumentParser
import ArticlesClient
import Core
import Foundation

/// `articlesctl rm`
struct RemoveArticle: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "rm", abstract: "Delete articles.")

    @Argument(help: "The ids of the articles.")
    var ids: [Int64]

    @Flag(name: .shortAndLong, help: "Don't ask.")
    var yes = false

    @Flag(help: "Print what was done as JSON.")
    var json = false

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        if !yes, isatty(STDIN_FILENO) == 0 {
            throw CommandFailure(.usage, "Deleting needs --yes where nobody can be asked.")
        }
        let removed = try await connection.withClient { client in
            var removed: [JSONValue] = []
            for id in ids {
                if !yes {
                    let title = TerminalText.line(try await client.article(id: id).article.title)
                    FileHandle.standardError.write(Data("Delete article \(id), \"\(title)\"? [y/N] ".utf8))
                    guard let answer = readLine(), ["y", "yes"].contains(answer.lowercased()) else { continue }
                }
                try await client.delete(id: id)
                removed.append(.integer(id))
            }
            return removed
        }
        if json { Output.json(JSONValue.object([JSONMember("removed", .array(removed))]).bytes) }
    }
}
