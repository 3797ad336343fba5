import ArticlesClient
import Core

/// The server and what was asked of it.
struct Source: Hashable, Sendable {
    let url: ServerURL
    let query: FeedQuery
    /// Its name in the configuration, if it has one.
    var name: String?
    /// Whether there is a token to post with.
    var canWrite = false
    /// Nothing is asked of the network.
    var isOffline = false
    /// Topics that always have a tab.
    var tabs: [String] = []
    /// All servers of the configuration, by name.
    var servers: [String] = []

    var server: String { url.description }

    func permalink(_ id: Int64) -> String {
        url.permalink(id: id)
    }
}

/// What a session finds of those before it.
struct KeptState: Hashable, Sendable {
    /// The newest ones, newest first.
    var articles: [Article] = []
    /// From this id on nothing is missing up to ``cursor``; `nil` if that is not known.
    var completeFrom: Int64?
    var read = RangeSet<Int64>()
    /// Where the feed goes on.
    var cursor: Cursor?
    /// When it was written.
    var saved: Timestamp?
    var outbox: [OutboxEntry] = []
    /// What the user should know about it: it was damaged, or can't be written.
    var problem: String?
}
