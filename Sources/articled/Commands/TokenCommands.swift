import ArgumentParser
import Core
import NIOCore

/// `articled token …`: the credentials of programs.
struct TokenCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token", abstract: "Create, list and revoke API tokens.",
        discussion: """
            Works while the daemon runs, and acts at once, and also while it does not.

            Examples:
              articled token create --name ci --role editor --expires 90d > ci-token
              articlesctl add --token-file ci-token --title "Built"
              articled token revoke ci
            """,
        subcommands: [Create.self, List.self, Revoke.self])

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Create a token and print it: the only time that it is shown.")

        @Option(help: ArgumentHelp("What uses it; the author of what it posts.", valueName: "name"))
        var name: String

        @Option(help: ArgumentHelp("What it may do: viewer, editor or admin.", valueName: "role"))
        var role = Role.editor

        @Option(
            help: ArgumentHelp("Time after which it is good no longer, as 90d. (default: never)", valueName: "time"))
        var expires: TimeSpan?

        @Flag(help: "Write JSON, with all that is known of it.")
        var json = false

        @OptionGroup var location: StoreLocation

        func run() async throws {
            try Account.checkName(name)
            let end = expires.map {
                Timestamp(milliseconds: Timestamp.now.milliseconds + $0.amount.nanoseconds / 1_000_000)
            }
            let created = try await location.withAdministration(makingDatabase: true) {
                try await $0.createToken(name, role: role, expires: end)
            }
            if json {
                ListOutput.write(.object(created.summary.members + [JSONMember("token", .string(created.text))]))
            } else {
                ListOutput.write([created.text])
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List all tokens, without what lets in.")

        @Flag(help: "Write JSON, an object on each line.")
        var json = false

        @OptionGroup var location: StoreLocation

        func run() async throws {
            let tokens = try await location.withAdministration { try await $0.listTokens() }
            guard !json else {
                for token in tokens { ListOutput.write(JSONValue.object(token.members)) }
                return
            }
            ListOutput.write(
                ["ID", "NAME", "ROLE", "MADE BY", "EXPIRES", "LAST USED"],
                tokens.map {
                    [
                        String($0.id), $0.name, $0.role.rawValue, $0.createdBy, $0.expires?.description ?? "never",
                        $0.lastUsed?.description ?? "never",
                    ]
                })
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Revoke a token: whoever uses it is refused from now on, and its feeds end.")

        @Argument(help: "Its name or number.")
        var token: String

        @OptionGroup var location: StoreLocation

        func run() async throws {
            try await location.withAdministration { try await $0.revokeToken(token) }
            ListOutput.say("Revoked \(token).")
        }
    }
}
