import Core
import Mustache

/// Makes HTML. What comes from articles goes through the templates' escaping and nowhere else.
struct PageRenderer: Sendable {
    private let layout: MustacheTemplate
    private let list: MustacheTemplate
    private let article: MustacheTemplate
    private let message: MustacheTemplate
    private let assets: AssetLibrary

    init(assets: AssetLibrary) throws {
        self.assets = assets
        layout = try MustacheTemplate(string: assets.template("layout"))
        list = try MustacheTemplate(string: assets.template("list"))
        article = try MustacheTemplate(string: assets.template("article"))
        message = try MustacheTemplate(string: assets.template("message"))
    }

    /// The list of articles.
    ///
    /// - Parameters:
    ///   - articles: newest first.
    ///   - cursor: the feed's place, from where the page's script goes on; `nil` for a page that is not live.
    ///   - older: the path of the next page, if there is one.
    func list(_ articles: [Article], cursor: Cursor?, older: String?) -> String {
        let body = list.render([
            "cursor": cursor?.description ?? "", "live": cursor != nil, "empty": articles.isEmpty,
            "newest": cursor == nil, "older": older as Any, "articles": articles.map(Self.members),
        ])
        return page(title: "Dynamic Articles", description: "The latest articles, live.", hasScript: true, body)
    }

    func article(_ article: Article) -> String {
        let summary = article.body.split(whereSeparator: \.isWhitespace).prefix(30).joined(separator: " ")
        return page(
            title: "\(article.title) · Dynamic Articles", description: summary, hasScript: false,
            self.article.render(Self.members(article)))
    }

    func message(title: String, text: String) -> String {
        page(title: title, description: text, hasScript: false, message.render(["title": title, "text": text]))
    }

    private func page(title: String, description: String, hasScript: Bool, _ body: String) -> String {
        layout.render([
            "title": title, "description": description, "body": body,
            "favicon": assets.asset(named: "favicon.svg").path, "stylesheet": assets.asset(named: "page.css").path,
            "script": (hasScript ? assets.asset(named: "page.js").path : nil) as Any,
        ])
    }

    private static func members(_ article: Article) -> [String: Any] {
        [
            "id": article.id, "title": article.title, "body": article.body, "topic": article.topic,
            "author": article.author, "published": article.published.description,
            "shown": String(article.published.description.prefix(16)).replacing("T", with: " "),
            "edited": (article.updated?.description) as Any,
        ]
    }
}
