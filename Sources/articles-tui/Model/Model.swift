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
    var keys: KeyMap
    var size: Size
    /// The moment of what happened last, for what is called today.
    var today = Timestamp(milliseconds: 0)
    var link = ConnectionState.connecting(attempt: 1)
    /// Whether there has been a connection, so that the next one is another.
    var hasConnected = false
    /// When what is shown was written to the cache, until there has been a connection.
    var cached: Timestamp?

    var list: ArticleList
    var coverage = Coverage()
    /// Of the topics whose older articles were asked for alone.
    var topicCoverage: [String: Coverage] = [:]
    var view = ListView()
    /// The rows of ``view``; `nil` while it shows all.
    var filtered: [Row]?
    /// The selected row, by what it is: news never moves it.
    var selection: Row?
    /// The row at the top of the list; `nil` shows the newest, whatever arrives.
    var top: Row?
    /// The newest article when the newest was last selected.
    var newestSeen: Int64 = 0
    /// Selects what arrives while the newest article is selected.
    var isFollowing = true
    var search: Search?
    /// What is being loaded, and what could not be.
    var loadingPage: ArticlePages.Request?
    var failedPages: Set<ArticlePages.Request> = []
    /// Topics that the server knows, loaded or not.
    var knownTopics: [String] = []

    var focus = Focus.list
    /// Whether the reading pane is shown where there is not always room for it.
    var isReaderOpen = false
    /// What the reading pane shows though it has left the list, until the user goes elsewhere.
    var departed: (article: Article, how: Departure)?
    /// The selected article with its body, once it is at hand.
    var held: Article?
    var loadingBody: Int64?
    var bodyFailure: (id: Int64, reason: String)?
    var reader = ReaderPage()
    /// The line of ``reader`` at the top of the pane.
    var readerOffset = 0

    /// The line of the help at the top, while it is shown.
    var helpOffset: Int?
    var menu: Menu?
    var prompt: Prompt?
    var question: Question?
    /// Lines that were typed, the newest last.
    var typed: [Prompt.Kind: [String]] = [:]
    var usesMouse: Bool
    var outbox: [OutboxEntry]
    /// An answer to the last key, until the next one.
    var notice: String?
    /// What the outside is to do.
    var asked: [Effect] = []

    init(
        source: Source, appearance: Appearance, size: Size, keys: KeyMap = .standard, usesMouse: Bool = true,
        isFollowing: Bool = true, kept: KeptState = KeptState()
    ) {
        self.source = source
        self.appearance = appearance
        self.size = size
        self.keys = keys
        self.usesMouse = usesMouse
        self.isFollowing = isFollowing
        list = ArticleList(read: kept.read)
        outbox = kept.outbox
        for article in kept.articles.reversed() { _ = list.store(article) }
        if let oldest = kept.articles.last?.id, let newest = kept.articles.first?.id, let from = kept.completeFrom {
            // Down to the beginning, if everything that there is has been read from the cache.
            let isAll = from <= 0 && kept.articles.count < ArticlePages.size
            if from <= newest { coverage.insert((isAll ? 0 : max(oldest, from))...newest) }
        }
        cached = kept.articles.isEmpty ? nil : kept.saved
        notice = kept.problem
        if source.isOffline { link = .refused(reason: "--offline") }
        settle()
    }

    var layout: Layout { Layout(size, isReaderOpen: isReaderOpen, drafts: outbox.count) }

    var isReaderVisible: Bool { layout.arrangement != .single || focus == .reader }

    /// What is listed, oldest first.
    var rows: [Row] { filtered ?? list.rows }

    var isAtNewest: Bool { selection?.id == rows.last?.id }

    /// Arrived since the newest article was last selected.
    var newCount: Int { rows.count(newerThan: newestSeen) }

    /// The topics that have a tab.
    var tabs: [String] {
        source.tabs + list.topics.keys.filter { !source.tabs.contains($0) }.sorted()
    }

    /// What the reading pane is about.
    var subject: ReaderPage.Subject {
        if let departed { return .departed(departed.article, departed.how) }
        guard let selection else { return .nothing }
        if let reason = selection.gap { return .gap(reason) }
        if let held, held.id == selection.id { return .article(held) }
        guard let summary = list[selection.id] else { return .nothing }
        if let bodyFailure, bodyFailure.id == selection.id { return .unavailable(summary, bodyFailure.reason) }
        return .loading(summary)
    }

    mutating func ask(_ effect: Effect) {
        asked.append(effect)
    }
}
