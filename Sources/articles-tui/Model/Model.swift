import ArticlesClient
import Core

/// Everything that the screen is made from.
struct Model {
    /// Which part the keys act on.
    enum Focus: Hashable {
        case list
        case reader
    }

    /// Why an article that is on the screen is no longer in the list.
    enum Departure: Hashable {
        case deleted
        case moved(topic: String)
    }

    /// What was asked for.
    let source: Source
    let appearance: Appearance
    var size: Size
    var link = ConnectionState.connecting(attempt: 1)
    /// Whether there has been a connection, so that the next one is another.
    var hasConnected = false

    var list = ArticleList()
    /// The selected row, by what it is: news never moves it.
    var selection: Row?
    /// The row at the top of the list; `nil` shows the newest, whatever arrives.
    var top: Row?
    /// The newest article when the newest was last selected.
    var newestSeen: Int64 = 0
    /// Selects what arrives while the newest article is selected.
    var isFollowing = true

    var focus = Focus.list
    /// Whether the reading pane is shown where there is not always room for it.
    var isReaderOpen = false
    /// What the reading pane shows though it has left the list, until the user goes elsewhere.
    var departed: (article: Article, how: Departure)?
    var reader = ReaderPage()
    /// The line of ``reader`` at the top of the pane.
    var readerOffset = 0
    /// The line of the help at the top, while it is shown.
    var helpOffset: Int?
    /// An answer to the last key, until the next one.
    var notice: String?

    init(source: Source, appearance: Appearance, size: Size) {
        self.source = source
        self.appearance = appearance
        self.size = size
    }

    var layout: Layout { Layout(size, isReaderOpen: isReaderOpen) }

    var isReaderVisible: Bool { layout.arrangement != .single || focus == .reader }

    var isAtNewest: Bool { selection?.id == list.newest?.id }

    /// Arrived since the newest article was last selected.
    var newCount: Int { list.count(newerThan: newestSeen) }

    /// What the reading pane is about.
    var subject: ReaderPage.Subject {
        if let departed { return .departed(departed.article, departed.how) }
        guard let selection else { return .nothing }
        if let reason = selection.gap { return .gap(reason) }
        return list[selection.id].map(ReaderPage.Subject.article) ?? .nothing
    }
}

/// The server and what was asked of it.
struct Source: Sendable {
    let server: String
    let query: FeedQuery
    let permalink: @Sendable (Int64) -> String
}
