import ArgumentParser
import ArticlesClient
import Core
import Foundation

/// The command line client of an articles server.
@main
struct Articlesctl: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "articlesctl",
        abstract: "Post, read and follow articles.",
        usage: "articlesctl <command> [<options>]",
        discussion: """
            Examples:
              articlesctl add --title "Hello" --body "First article"
              git log -1 | articlesctl add --title "Deployed"
              articlesctl list --topic news
              articlesctl watch --json | jq -r .fields.title
              articlesctl export > articles.ndjson
              articlesctl import articles.ndjson
              articlesctl bench --subscribers 1000 --rate 200

            Exit codes: 0 done, 1 failed, 64 wrong usage, 65 bad data, 66 no input, \
            69 server not reachable, 77 not allowed, 130 interrupted.
            """,
        version: ProjectVersion.number,
        subcommands: [
            AddArticle.self, ListArticles.self, GetArticle.self, EditArticle.self, RemoveArticle.self, WatchFeed.self,
            ImportArticles.self, ExportArticles.self, ListTopics.self, ShowStatus.self, Login.self, Logout.self,
            WhoAmI.self, UserCommands.self, TokenCommands.self, Bench.self, Doctor.self, Completions.self,
        ])

    static func main() async {
        // A reader that went away is noticed by the write that fails, not by a signal.
        signal(SIGPIPE, SIG_IGN)
        signal(SIGINT) { _ in _exit(ExitStatus.interrupted.rawValue) }
        do {
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch let failure as CommandFailure {
            Output.message(failure.lines)
            Foundation.exit(failure.status.rawValue)
        } catch {
            guard exitCode(for: error) == .validationFailure else { exit(withError: error) }
            let word = CommandLine.arguments.dropFirst().first
            if let word, let suggestion = suggestion(for: word) {
                Output.message(["There is no command \(word). Did you mean: articlesctl \(suggestion)"])
            } else {
                Output.message(usageError(error))
            }
            Foundation.exit(ExitStatus.usage.rawValue)
        }
    }

    /// A command that looks like one that there is, for who has mistyped it.
    static func suggestion(for word: String) -> String? {
        guard !word.hasPrefix("-") else { return nil }
        let names = configuration.subcommands.compactMap { $0.configuration.commandName } + ["help"]
        guard !names.contains(word) else { return nil }
        let nearest = names.map { (name: $0, distance: EditDistance.between($0, word)) }
            .min { $0.distance < $1.distance }
        return nearest.flatMap { $0.distance <= 2 && $0.distance < word.count ? $0.name : nil }
    }

    /// What is wrong, and where it is written how to do it right; the whole usage would bury both.
    static func usageError(_ error: any Error) -> [String] {
        let lines = { (text: String) in text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) } }
        let advice = lines(fullMessage(for: error)).last { $0.hasPrefix("See ") }
        return [lines(message(for: error)).first, advice].compactMap { $0 }
    }
}
