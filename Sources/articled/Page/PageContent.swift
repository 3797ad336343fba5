import Core

// The names below are those that the templates use.

/// Where the page's own files are.
struct AssetLinks: Sendable {
    let favicon: String
    let style: String
    let script: String
    /// What the script imports, so that browsers ask for all of it at once.
    let modules: [String]

    init(_ assets: AssetLibrary, _ basePath: BasePath) {
        favicon = basePath.link(assets[named: "favicon.svg"].path)
        style = basePath.link(assets[named: "page.css"].path)
        script = basePath.link(assets[named: "page.js"].path)
        modules = assets.paths(from: "page-").map(basePath.link)
    }
}

/// What a page says of itself.
struct PageHead: Sendable {
    let title: String
    let description: String
    /// The page's own address.
    let path: String
    /// The same articles for feed readers.
    let atom: String
    let json: String
    /// It is one article.
    var isArticle = false
    /// It is no place of its own, and not for search engines.
    var isPassing = false
}

/// One article as the page shows it.
struct Entry: Sendable {
    let id: Int64
    let title: String
    let topic: String
    let author: String
    let body: String
    /// Whether there is more of the body than is shown.
    let isCut: Bool
    let published: MomentText
    let updated: MomentText?

    init(_ article: Article, now: Timestamp, isWhole: Bool) {
        let excerpt = Excerpt(of: article.body)
        id = article.id
        title = article.title
        topic = article.topic
        author = article.author
        body = isWhole ? article.body : excerpt.text
        isCut = !isWhole && excerpt.isCut
        published = MomentText(article.published, now: now)
        updated = article.updated.map { MomentText($0, now: now) }
    }

    /// What the script fills in for each article that arrives.
    static let blank = Entry(
        Article(id: 0, title: "", body: "", topic: "", author: "", published: Timestamp(milliseconds: 0)),
        now: Timestamp(milliseconds: 0), isWhole: true)
}

/// A topic in the bar.
struct TopicLink: Sendable {
    let name: String
    let isCurrent: Bool
}

struct ListContent: Sendable {
    let head: PageHead
    let assets: AssetLinks
    let base: String
    /// Milliseconds between heartbeats.
    let ping: Int64
    let cursor: String
    let view: String
    let pageSize: Int
    let articles: [Entry]
    let older: String?
    let newest: String
    let isOlder: Bool
    let isEmpty: Bool
    /// There is an article, only not here.
    let isFiltered: Bool
    let isEverything: Bool
    /// What is shown, in words; `nil` if it is everything.
    let heading: String?
    let topics: [TopicLink]
    let selected: [String]
    /// The same for the script: topics have no spaces.
    let selection: String
    let search: String
    let blank: Entry
}

struct ArticleContent: Sendable {
    let head: PageHead
    let assets: AssetLinks
    let base: String
    let ping: Int64
    let cursor: String
    let article: Entry
}

struct PlainContent: Sendable {
    let head: PageHead
    let assets: AssetLinks
    let base: String
}
