import Core
import Mustache
import NIOCore

/// Makes the page's HTML. Templates are compiled once; text from articles is escaped where they show it.
struct PageRenderer: Sendable {
    static let siteTitle = "Dynamic Articles"

    private let library: MustacheLibrary
    private let assets: AssetLinks
    private let basePath: BasePath
    private let ping: Int64

    /// - Parameters:
    ///   - basePath: what every link begins with.
    ///   - pingInterval: time between the feed's heartbeats.
    init(templates: MustacheLibrary, assets: AssetLibrary, basePath: BasePath, pingInterval: TimeAmount) {
        library = templates
        self.assets = AssetLinks(assets, basePath)
        self.basePath = basePath
        ping = pingInterval.nanoseconds / 1_000_000
    }

    /// The list.
    ///
    /// - Parameters:
    ///   - articles: newest first.
    ///   - query: what they are chosen by.
    ///   - topics: those in the bar.
    ///   - cursor: what the list takes account of; the script goes on after it.
    ///   - now: what relative times are seen from.
    ///   - hasOlder: whether there are more behind the last.
    ///   - pageSize: how many articles a whole page has.
    func list(
        _ articles: [Article], of query: PageQuery, topics: [String], cursor: Cursor, now: Timestamp, hasOlder: Bool,
        pageSize: Int
    ) -> String {
        var newest = query
        newest.before = nil
        let heading = Self.heading(query)
        let title = heading.map { "\u{2068}\($0)\u{2069} · \(Self.siteTitle)" } ?? Self.siteTitle
        return render(
            "list",
            ListContent(
                head: PageHead(
                    title: title,
                    description: query.topics.isEmpty
                        ? "A live feed of articles." : "Articles about \(query.topics.joined(separator: ", ")), live.",
                    path: basePath.link(query.path), atom: basePath.link("/feed.atom" + query.topicQuery),
                    json: basePath.link("/feed.json" + query.topicQuery), isPassing: !query.isNewest),
                assets: assets, base: basePath.text, ping: ping, cursor: cursor.description,
                view: query.before == nil ? "newest" : "older", pageSize: pageSize,
                articles: articles.map { Entry($0, now: now, isWhole: false) },
                older: hasOlder ? articles.last.map { basePath.link(query.path(before: $0.id)) } : nil,
                newest: basePath.link(newest.path), isOlder: query.before != nil, isEmpty: articles.isEmpty,
                isFiltered: heading != nil, isEverything: query.topics.isEmpty, heading: heading,
                topics: topics.map { TopicLink(name: $0, isCurrent: query.topics.contains($0)) },
                selected: query.topics, selection: query.topics.joined(separator: " "), search: query.text ?? "",
                blank: .blank))
    }

    /// What is chosen by a query, in words; `nil` if it is everything.
    private static func heading(_ query: PageQuery) -> String? {
        let topics = query.topics.isEmpty ? nil : query.topics.joined(separator: ", ")
        guard let text = query.text else { return topics }
        return "Search for “\u{2068}\(text)\u{2069}”" + (topics.map { " in \($0)" } ?? "")
    }

    /// One article, whole.
    func article(_ article: Article, cursor: Cursor, now: Timestamp) -> String {
        render(
            "article",
            ArticleContent(
                head: PageHead(
                    // The isolate keeps a direction that the title sets from the rest of the line (Unicode Annex #9).
                    title: "\u{2068}\(article.title)\u{2069} · \(Self.siteTitle)",
                    description: Excerpt.line(of: article.body) ?? "An article about \(article.topic).",
                    path: basePath.link("/articles/\(article.id)"), atom: basePath.link("/feed.atom"),
                    json: basePath.link("/feed.json"), isArticle: true),
                assets: assets, base: basePath.text, ping: ping, cursor: cursor.description,
                article: Entry(article, now: now, isWhole: true)))
    }

    /// What is shown where there is nothing.
    func notFound() -> String {
        render(
            "not-found",
            PlainContent(
                head: PageHead(
                    title: "Nothing here · \(Self.siteTitle)", description: "There is nothing at this address.",
                    path: basePath.link("/"), atom: basePath.link("/feed.atom"), json: basePath.link("/feed.json"),
                    isPassing: true), assets: assets, base: basePath.text))
    }

    private func render(_ template: String, _ content: some Sendable) -> String {
        guard let html = library.render(content, withTemplate: template) else {
            preconditionFailure("the template \(template) is not embedded")
        }
        return html
    }
}
