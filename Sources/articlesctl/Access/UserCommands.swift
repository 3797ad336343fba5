import ArgumentParser
import ArticlesClient
import Core
import Foundation
import Console

/// `articlesctl user …`: accounts, for admins; `articled user` does the same on the server's machine.
struct UserCommands: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "user", abstract: "Manage accounts (for admins).",
        discussion: """
            Examples:
              articlesctl user add ada --role editor
              articlesctl user passwd ada --password-stdin < password
              articlesctl user rm ada --yes
            """,
        subcommands: [Add.self, List.self, Passwd.self, ChangeRole.self, Remove.self])

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Add an account.")

        @Argument(help: "Its name.")
        var name: String

        @Option(help: "What it may do: viewer, editor or admin.")
        var role = RoleName.editor

        @Flag(help: "Print what was done as JSON.")
        var json = false

        @OptionGroup var password: NewPassword
        @OptionGroup var connection: ConnectionOptions

        func run() async throws {
            let text = try password.read(for: name)
            try await connection.withClient { try await $0.addAccount(name, role: role.rawValue, password: text) }
            Output.done(
                "added \(name), \(role.rawValue)", ["name": .string(name), "role": .string(role.rawValue)], json: json)
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List accounts.")

        @Flag(help: "One account as JSON a line.")
        var json = false

        @OptionGroup var connection: ConnectionOptions

        func run() async throws {
            for account in try await connection.withClient({ try await $0.accounts() }) {
                let lastLogin = account.lastLogin?.description
                if json {
                    Output.json(
                        JSONValue.object([
                            JSONMember("name", .string(account.name)), JSONMember("role", .string(account.role)),
                            JSONMember("created", .string(account.created.description)),
                            JSONMember("last_login", lastLogin.map { .string($0) } ?? .null),
                        ]).bytes)
                } else {
                    Output.row([account.name, account.role, account.created.description, lastLogin ?? "never"])
                }
            }
        }
    }

    struct Passwd: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Set an account's password, which ends its sessions.")

        @Argument(help: "Its name.")
        var name: String

        @Flag(help: "Print what was done as JSON.")
        var json = false

        @OptionGroup var password: NewPassword
        @OptionGroup var connection: ConnectionOptions

        func run() async throws {
            let text = try password.read(for: name)
            try await connection.withClient { try await $0.changeAccount(name, password: text) }
            Output.done(
                "changed the password of \(name); its sessions have ended",
                ["name": .string(name), "changed": .string("password")], json: json)
        }
    }

    struct ChangeRole: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "role", abstract: "Change what an account may do.")

        @Argument(help: "Its name.")
        var name: String

        @Argument(help: "viewer, editor or admin.")
        var role: RoleName

        @Flag(help: "Print what was done as JSON.")
        var json = false

        @OptionGroup var connection: ConnectionOptions

        func run() async throws {
            try await connection.withClient { try await $0.changeAccount(name, role: role.rawValue) }
            Output.done(
                "\(name) is \(role.rawValue) now", ["name": .string(name), "role": .string(role.rawValue)], json: json)
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "rm", abstract: "Remove an account.")

        @Argument(help: "Its name.")
        var name: String

        @Flag(name: .shortAndLong, help: "Don't ask.")
        var yes = false

        @Flag(help: "Print what was done as JSON.")
        var json = false

        @OptionGroup var connection: ConnectionOptions

        func run() async throws {
            guard try Confirmation.isGiven("Remove the account \(TerminalText.line(name))?", yes: yes) else { return }
            try await connection.withClient { try await $0.removeAccount(name) }
            Output.done("removed \(name)", ["removed": .string(name)], json: json)
        }
    }
}

/// A role, as the server names it.
enum RoleName: String, ExpressibleByArgument, CaseIterable {
    case viewer, editor, admin
}

/// A password from a prompt or standard input; never from an argument, which others can see.
struct NewPassword: ParsableArguments {
    @Flag(help: "Read the password from standard input, its first line.")
    var passwordStdin = false

    func read(for name: String) throws -> String {
        if passwordStdin {
            guard let line = readLine(), !line.isEmpty else {
                throw CommandFailure(.noInput, "There is no password on standard input.")
            }
            return line
        }
        guard SecretPrompt.isPossible else {
            throw CommandFailure(.usage, "There is no terminal to ask for the password. Use --password-stdin.")
        }
        let password = SecretPrompt.ask("Password for \(TerminalText.line(name)): ") ?? ""
        guard SecretPrompt.ask("Password again: ") == password else {
            throw CommandFailure(.failed, "The two passwords are not the same; nothing was changed.")
        }
        return password
    }
}

/// A question before what can't be undone.
enum Confirmation {
    static func isGiven(_ question: String, yes: Bool) throws -> Bool {
        if yes { return true }
        guard isatty(STDIN_FILENO) != 0 else {
            throw CommandFailure(.usage, "This needs --yes where nobody can be asked.")
        }
        FileHandle.standardError.write(Data("\(question) [y/N] ".utf8))
        return readLine().map { ["y", "yes"].contains($0.lowercased()) } ?? false
    }
}
