import ArgumentParser
import Core
import Foundation

#if canImport(Glibc)
    import Glibc
#endif

/// `articled user …`: the accounts of people.
struct UserCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "user", abstract: "Add, list, change and remove accounts.",
        discussion: """
            Works while the daemon runs, and acts at once, and also while it does not.

            Examples:
              articled user add ada --role editor
              articled user passwd ada --password-stdin < password
              articled user role ada admin
              articled user rm ada --yes
            """,
        subcommands: [Add.self, List.self, Passwd.self, ChangeRole.self, Remove.self])

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Add an account.")

        @Argument(help: "Its name.")
        var name: String

        @Option(help: ArgumentHelp("What it may do: viewer, editor or admin.", valueName: "role"))
        var role = Role.editor

        @OptionGroup var password: PasswordSource
        @OptionGroup var location: StoreLocation

        func run() async throws {
            try Account.checkName(name)
            let text = try password.read(for: name)
            try await location.withAdministration(makingDatabase: true) {
                try await $0.addAccount(name, role: role, password: text)
            }
            ListOutput.say("Added \(name), \(role.rawValue).")
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List all accounts.")

        @Flag(help: "Write JSON, an object on each line.")
        var json = false

        @OptionGroup var location: StoreLocation

        func run() async throws {
            let accounts = try await location.withAdministration { try await $0.listAccounts() }
            guard !json else {
                for account in accounts { ListOutput.write(account.json) }
                return
            }
            ListOutput.write(
                ["NAME", "ROLE", "ADDED", "LAST LOGIN"],
                accounts.map {
                    [$0.name, $0.role.rawValue, $0.created.description, $0.lastLogin?.description ?? "never"]
                })
        }
    }

    struct Passwd: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Set an account's password, which ends its sessions.")

        @Argument(help: "Its name.")
        var name: String

        @OptionGroup var password: PasswordSource
        @OptionGroup var location: StoreLocation

        func run() async throws {
            let text = try password.read(for: name)
            try await location.withAdministration { try await $0.setPassword(of: name, to: text) }
            ListOutput.say("Changed the password of \(name); its sessions have ended.")
        }
    }

    struct ChangeRole: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "role", abstract: "Change what an account may do.")

        @Argument(help: "Its name.")
        var name: String

        @Argument(help: "viewer, editor or admin.")
        var role: Role

        @OptionGroup var location: StoreLocation

        func run() async throws {
            try await location.withAdministration { try await $0.setRole(of: name, to: role) }
            ListOutput.say("\(name) is \(role.rawValue) now.")
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "rm", abstract: "Remove an account.")

        @Argument(help: "Its name.")
        var name: String

        @Flag(help: "Do not ask.")
        var yes = false

        @OptionGroup var location: StoreLocation

        func run() async throws {
            if !yes {
                guard isatty(STDIN_FILENO) == 1 else {
                    throw ValidationError("There is no terminal to ask. Use --yes to remove the account.")
                }
                FileHandle.standardError.write(Data("Remove the account \(name)? [y/N] ".utf8))
                guard readLine()?.lowercased() == "y" else { throw ExitCode.failure }
            }
            try await location.withAdministration { try await $0.removeAccount(name) }
            ListOutput.say("Removed \(name).")
        }
    }
}

/// `articled createsuperuser`: as Django calls it.
struct CreateSuperuser: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "createsuperuser", abstract: "Add an admin account, as Django's command of this name does.")

    @Option(help: ArgumentHelp("Its name. (default: asked for)", valueName: "name"))
    var username: String?

    @OptionGroup var password: PasswordSource
    @OptionGroup var location: StoreLocation

    func run() async throws {
        var name = username ?? ""
        if username == nil {
            guard isatty(STDIN_FILENO) == 1 else {
                throw ValidationError("There is no terminal to ask for the name. Use --username.")
            }
            FileHandle.standardError.write(Data("Name: ".utf8))
            name = readLine() ?? ""
        }
        try Account.checkName(name)
        let text = try password.read(for: name)
        let account = name
        try await location.withAdministration(makingDatabase: true) {
            try await $0.addAccount(account, role: .admin, password: text)
        }
        ListOutput.say("Added \(name), admin.")
    }
}
