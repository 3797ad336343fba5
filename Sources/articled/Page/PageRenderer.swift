import Core
import Mustache

/// Makes the page's HTML. Templates are compiled once; text from articles is escaped where they show it.
struct PageRenderer: Sendable {
    /// Which part of the list is shown.
    enum ListView: String, Sendable {
        case newest
        /// Reached by the link to older articles: new ones do not belong here.
        case older
    }

    static let siteTitle = "Dynamic Articles"

    private let library: MustacheLibrary
    private let assets: AssetLinks

    init(templates: MustacheLibrary, assets: AssetLibrary) {
        library = templates
        self.assets = AssetLinks(assets)
    }

    /// The list.
    ///
    /// - Parameters:
    ///   - articles: newest first.
    ///   - cursor: what the list takes account of; the script goes on after it.
    ///   - now: what relative times are seen from.
    ///   - older: where the articles after the last are; `nil` if there are none.
    ///   - pageSize: how many articles a whole page has.
    func list(
        _ articles: [Article], view: ListView = .newest, cursor: Cursor, now: Timestamp, older: String?, pageSize: Int
    ) -> String {
        render(
            "list",
            ListContent(
                title: Self.siteTitle, assets: assets, cursor: cursor.description, view: view.rawValue,
                pageSize: pageSize, articles: articles.map { Entry($0, now: now, isWhole: false) }, older: older,
                isOlder: view == .older, isEmpty: articles.isEmpty, blank: .blank))
    }

    /// One article, whole.
    func article(_ article: Article, cursor: Cursor, now: Timestamp) -> String {
        // The isolate keeps a direction that the title sets from the rest of the line (Unicode Annex #9).
        let title = "\u{2068}\(article.title)\u{2069} · \(Self.siteTitle)"
        return render(
            "article",
            ArticleContent(
                title: title, assets: assets, cursor: cursor.description,
                article: Entry(article, now: now, isWhole: true)))
    }

    /// What is shown where there is nothing.
    func notFound() -> String {
        render("not-found", PlainContent(title: "Nothing here · \(Self.siteTitle)", assets: assets))
    }

    private func render(_ template: String, _ content: some Sendable) -> String {
        guard let html = library.render(content, withTemplate: template) else {
            preconditionFailure("the template \(template) is not embedded")
        }
        return html
    }
}
