import ArgumentParser
import ArticlesClient
import Core
import Foundation
import Console

/// `articlesctl login`
struct Login: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "login",
        abstract: "Keep a token for a server, so that further commands need not name it.",
        discussion: """
            Asks for the token on a terminal, else reads it from standard input; tries it, then keeps it in
            $XDG_CONFIG_HOME/articles/logins, which only you can read. An admin makes tokens with
            `articled token create` or at /admin/tokens/.
            """)

    @Flag(help: "Print what was done as JSON.")
    var json = false

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let environment = ProcessInfo.processInfo.environment
        let server = try connection.checkedServer()
        let typed = SecretPrompt.isPossible ? SecretPrompt.ask("Token for \(server): ") : readLine()
        guard let text = typed, !text.isEmpty else {
            throw CommandFailure(.noInput, "There is no token; nothing was kept.")
        }
        let file = LoginFile(environment: environment)
        let identity: Identity
        do {
            let credential = try Credential(typed: text)
            let client = ArticlesClient(
                server: server, credential: credential, trust: try connection.trust(environment))
            do {
                identity = try await client.whoAmI()
                await client.shutdown()
            } catch {
                await client.shutdown()
                throw error
            }
            try credential.keep(in: file, for: server)
        } catch let error as ClientError {
            throw CommandFailure(error, server: server)
        } catch {
            throw CommandFailure(.failed, "The file \(file.path) can't be written: \(error.localizedDescription)")
        }
        Output.done(
            "logged in to \(server) as \(identity.name), \(identity.role)",
            ["server": .string(server.description), "name": .string(identity.name), "role": .string(identity.role)],
            json: json)
    }
}

/// `articlesctl logout`
struct Logout: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logout", abstract: "Forget the token that login has kept for a server.",
        discussion: "The token itself is good until it expires or is revoked.")

    @Flag(help: "Print what was done as JSON.")
    var json = false

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let server = try connection.checkedServer()
        let file = LoginFile(environment: ProcessInfo.processInfo.environment)
        let wasThere: Bool
        do {
            wasThere = try file.forget(server)
        } catch {
            throw CommandFailure(.failed, "The file \(file.path) can't be written: \(error.localizedDescription)")
        }
        Output.done(
            wasThere ? "logged out of \(server)" : "there was no login for \(server)",
            ["server": .string(server.description), "was_logged_in": .bool(wasThere)], json: json)
    }
}

/// `articlesctl whoami`
struct WhoAmI: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "whoami", abstract: "Show as whom you are known to a server.")

    @Flag(help: "As JSON.")
    var json = false

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let identity = try await connection.withClient { try await $0.whoAmI() }
        guard json else { return Output.line("\(identity.name)\t\(identity.role)\t\(identity.credential)") }
        Output.json(
            JSONValue.object([
                JSONMember("name", .string(identity.name)), JSONMember("role", .string(identity.role)),
                JSONMember("credential", .string(identity.credential)),
            ]).bytes)
    }
}
