import ArticlesClient
import Core

/// What can happen to the viewer.
enum Event: Hashable, Sendable {
    case feed(FeedUpdate)
    case key(Key)
    case mouse(MouseEvent)
    case resized(Size)
    /// Older articles that were asked for.
    case page(ArticlePages.Request, ArticlePages.Answer)
    /// The body of an article, or why there is none.
    case body(Article)
    case noBody(id: Int64, reason: String)
    /// What the server knows of a search.
    case found(text: String, articles: [Article], isAll: Bool)
    /// The article of a day, with those before it.
    case day(ArticlePages.Request, ArticlePages.Answer)
    /// What waits to be posted now.
    case outbox([OutboxEntry])
    case topics([String])
    /// Another server, or the first, with what is kept of it.
    case opened(Source, KeptState)
    /// Something to tell, until the next key.
    case notice(String)
    case theme(String)
    case mouseUse(Bool)
}

/// What a mouse did, and where, counted from 0.
struct MouseEvent: Hashable, Sendable {
    enum Kind: Hashable, Sendable {
        case click
        case wheelUp
        case wheelDown
    }

    var kind: Kind
    var column: Int
    var row: Int
}

/// Columns and lines of a terminal.
struct Size: Hashable, Sendable {
    var width: Int
    var height: Int
}

/// What the update asks of the outside.
enum Effect: Hashable, Sendable {
    case quit
    /// Paint everything anew, for the terminal may show something else.
    case redraw
    /// The body of this version of an article.
    case loadBody(id: Int64, updated: Timestamp?)
    case loadPage(ArticlePages.Request)
    /// Ask the server for a text, in a topic or all.
    case search(text: String, topic: String?)
    case findDay(Day, topic: String?)
    case loadTopics
    case keepRead([Int64], isRead: Bool)
    case browse(String)
    case copy(String)
    case pipe(command: String, text: String)
    /// Let the user write; what becomes of it comes as `outbox`.
    case compose(Composition)
    case delete(Article)
    /// Try to post what waits; only this entry, or all of them.
    case post(key: String?)
    case discard(key: String)
    case arrived(Article)
    case connect(server: String)
    case theme(String)
    case mouse(Bool)
    case save(Article, file: String)
}
