import ArgumentParser
import ArticlesClient
import Foundation

/// Which server, and as whom: the options that every command has.
struct ConnectionOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The server. (default: $ARTICLES_URL or http://localhost:8000)", valueName: "url"))
    var url: String?

    @Option(
        help: ArgumentHelp(
            "File with the token to use. (default: $ARTICLES_TOKEN, else that of login, else the local daemon's own)",
            valueName: "path"))
    var tokenFile: String?

    @Option(
        help: ArgumentHelp(
            "Certificates of authorities to trust beside the system's, in PEM. (default: $ARTICLES_CA_FILE)",
            valueName: "path"))
    var caFile: String?

    func trust(_ environment: [String: String]) throws(ClientError) -> ServerTrust {
        try .resolve(caFile: caFile, environment: environment)
    }

    /// A variable that is set but empty counts as not set.
    func server(_ environment: [String: String]) throws(ClientError) -> ServerURL {
        if let url { return try ServerURL(url) }
        guard let text = environment["ARTICLES_URL"], !text.isEmpty else { return .standard }
        return try ServerURL(text)
    }

    /// Where ``server(_:)`` has it from.
    func urlSource(_ environment: [String: String]) -> String {
        if url != nil { return "--url" }
        return environment["ARTICLES_URL"].map { !$0.isEmpty } == true ? "ARTICLES_URL" : "the default"
    }

    /// The server, or an exit code.
    func checkedServer() throws -> ServerURL {
        do {
            return try server(ProcessInfo.processInfo.environment)
        } catch {
            throw CommandFailure(error, server: .standard)
        }
    }

    /// Does something with a client and turns what goes wrong into an exit code.
    func withClient<Result>(_ body: (ArticlesClient) async throws -> Result) async throws -> Result {
        let environment = ProcessInfo.processInfo.environment
        let client: ArticlesClient
        do {
            let server = try server(environment)
            client = ArticlesClient(
                server: server,
                credential: try .resolve(tokenFile: tokenFile, environment: environment, server: server),
                trust: try trust(environment))
        } catch {
            throw CommandFailure(error, server: .standard)
        }
        do {
            let result = try await body(client)
            await client.shutdown()
            return result
        } catch {
            await client.shutdown()
            guard let error = error as? ClientError else { throw error }
            throw CommandFailure(error, server: client.server)
        }
    }
}
