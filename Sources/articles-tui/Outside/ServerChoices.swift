import ArticlesClient
import Core

/// Which servers there are, and how each is asked.
struct ServerChoices: Sendable {
    struct Choice: Sendable {
        var name: String?
        var url: ServerURL
        var credential: Credential?
        var trust = ServerTrust.system
        var query: FeedQuery
        /// Topics that always have a tab.
        var tabs: [String]
    }

    let servers: [Config.Server]
    let environment: [String: String]
    /// How many articles a feed begins with.
    let last: Int
    let isOffline: Bool

    /// A server of the configuration.
    func choice(_ server: Config.Server) throws(ClientError) -> Choice {
        Choice(
            name: server.name, url: server.url,
            credential: try .resolve(tokenFile: server.tokenFile, environment: environment, server: server.url),
            trust: try .resolve(caFile: server.caFile, environment: environment),
            query: FeedQuery(last: last, filter: TopicFilter(server.topics)), tabs: server.topics)
    }

    func source(_ choice: Choice) -> Source {
        Source(
            url: choice.url, query: choice.query, name: choice.name, canWrite: choice.credential != nil,
            isOffline: isOffline, tabs: choice.tabs, servers: servers.map(\.name))
    }
}
