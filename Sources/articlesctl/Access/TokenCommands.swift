import ArgumentParser
import ArticlesClient
import Core
import Foundation

/// `articlesctl token …`: the credentials of programs, for admins.
struct TokenCommands: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token", abstract: "Manage API tokens (for admins).",
        discussion: """
            Examples:
              articlesctl token create ci --role editor --expires 90d > ci-token
              articlesctl token revoke ci
            """,
        subcommands: [Create.self, List.self, Revoke.self])

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Create a token and print it: the only time that it is shown.")

        @Argument(help: "What uses it; the author of what it posts.")
        var name: String

        @Option(help: "What it may do: viewer, editor or admin.")
        var role = RoleName.editor

        @Option(
            help: ArgumentHelp(
                "Days or hours after which it is good no longer: 90d, 12h. (default: never)", valueName: "time"))
        var expires: Lifetime?

        @Flag(help: "As JSON.")
        var json = false

        @OptionGroup var connection: ConnectionOptions

        func run() async throws {
            let end = expires.map { Timestamp(milliseconds: Timestamp.now.milliseconds + $0.milliseconds) }
            let token = try await connection.withClient {
                try await $0.createToken(name, role: role.rawValue, expires: end)
            }
            guard json else { return Output.line(token) }
            Output.done(
                "",
                [
                    "name": .string(name), "role": .string(role.rawValue), "token": .string(token),
                    "expires": end.map { .string($0.description) } ?? .null,
                ], json: true)
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List tokens, without what lets in.")

        @Flag(help: "One token as JSON a line.")
        var json = false

        @OptionGroup var connection: ConnectionOptions

        func run() async throws {
            for token in try await connection.withClient({ try await $0.tokens() }) {
                let (expires, lastUsed) = (token.expires?.description, token.lastUsed?.description)
                if json {
                    Output.json(
                        JSONValue.object([
                            JSONMember("id", .integer(token.id)), JSONMember("name", .string(token.name)),
                            JSONMember("role", .string(token.role)), JSONMember("created_by", .string(token.createdBy)),
                            JSONMember("expires", expires.map { .string($0) } ?? .null),
                            JSONMember("last_used", lastUsed.map { .string($0) } ?? .null),
                        ]).bytes)
                } else {
                    Output.row([
                        String(token.id), token.name, token.role, token.createdBy, expires ?? "never",
                        lastUsed ?? "never",
                    ])
                }
            }
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Revoke a token: whoever uses it is refused from now on, and its feeds end.")

        @Argument(help: "Its name or number.")
        var token: String

        @Flag(help: "Print what was done as JSON.")
        var json = false

        @OptionGroup var connection: ConnectionOptions

        func run() async throws {
            try await connection.withClient { try await $0.revokeToken(token) }
            Output.done("revoked \(token)", ["revoked": .string(token)], json: json)
        }
    }
}

/// How long something is good: `90d`, `12h`, `30m`.
struct Lifetime: ExpressibleByArgument {
    let milliseconds: Int64

    init?(argument: String) {
        let units: [Character: Int64] = ["d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1000]
        guard let unit = argument.last.flatMap({ units[$0] }), let number = Int64(argument.dropLast()),
            (1...1_000_000).contains(number)
        else { return nil }
        milliseconds = number * unit
    }
}
