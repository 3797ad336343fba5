import Core

// The names below are those that the templates use.

/// Where the page's own files are.
struct AssetLinks: Sendable {
    let favicon: String
    let style: String
    let script: String

    init(_ assets: AssetLibrary) {
        favicon = assets[named: "favicon.svg"].path
        style = assets[named: "page.css"].path
        script = assets[named: "page.js"].path
    }
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

struct ListContent: Sendable {
    let title: String
    let assets: AssetLinks
    let cursor: String
    let view: String
    let pageSize: Int
    let articles: [Entry]
    let older: String?
    let isOlder: Bool
    let isEmpty: Bool
    let blank: Entry
}

struct ArticleContent: Sendable {
    let title: String
    let assets: AssetLinks
    let cursor: String
    let article: Entry
}

struct PlainContent: Sendable {
    let title: String
    let assets: AssetLinks
}
