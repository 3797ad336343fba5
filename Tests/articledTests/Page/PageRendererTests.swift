import Core
import NIOCore
import Testing

@testable import articled

/// What stands in the HTML that browsers get before any script runs.
@Suite struct PageRendererTests {
    let renderer: PageRenderer
    let cursor = Cursor(seq: 42, nonce: 0x9c1e_7a3b)
    let now = Timestamp("2026-11-23T18:00:00.000Z")!

    init() throws {
        renderer = try PageRenderer(
            templates: .escapingScalars(), assets: AssetLibrary(), basePath: .root, pingInterval: .seconds(10))
    }

    private func article(
        id: Int64 = 7, title: String = "A title", body: String = "A body", author: String = "ada",
        updated: Timestamp? = nil
    ) -> Article {
        Article(
            id: id, title: title, body: body, topic: "news", author: author,
            published: Timestamp("2026-11-23T17:22:00.123Z")!, updated: updated)
    }

    private func list(_ articles: [Article], hasOlder: Bool = false, before: Int64? = nil) -> String {
        var query = PageQuery()
        query.before = before
        return renderer.list(
            articles, of: query, topics: ["news"], cursor: cursor, now: now, hasOlder: hasOlder, pageSize: 50)
    }

    @Test("the list has the heading and the cursor that the script resumes from")
    func cursorInList() {
        let html = list([article()])
        #expect(html.contains("<h1><a href=\"/\">Dynamic Articles</a></h1>"))
        #expect(html.contains("data-cursor=\"42-9c1e7a3b\" data-view=\"newest\""))
    }

    @Test("the list shows the articles in the order given, each with a link to its own page")
    func order() throws {
        let html = list([article(id: 9, title: "Nine"), article(id: 8, title: "Eight")])
        let nine = try #require(html.firstRange(of: "href=\"/articles/9\">Nine</a>"))
        let eight = try #require(html.firstRange(of: "href=\"/articles/8\">Eight</a>"))
        #expect(nine.lowerBound < eight.lowerBound)
    }

    @Test(
        "markup in an article is shown as text, in the list and on its own page",
        arguments: ["<script>alert(1)</script>", "\" onclick=\"x", "' & <!--", "</title></textarea>"])
    func markup(text: String) {
        let evil = article(title: text, body: text, author: text)
        let harmless = article(title: "", body: "", author: "")
        let pages = [
            (list([evil]), list([harmless])),
            (
                renderer.article(evil, cursor: cursor, now: now),
                renderer.article(harmless, cursor: cursor, now: now)
            ),
        ]
        for (page, model) in pages {
            #expect(!page.unicodeScalars.contains(text.unicodeScalars))
            // Whatever the text is, the page has the same tags and attributes.
            for mark in ["<", ">", "\""] { #expect(count(mark, in: page) == count(mark, in: model)) }
        }
    }

    @Test(
        "a mark that forms one character with its neighbour is escaped all the same",
        arguments: ["\u{0600}<img src=x>", "\"\u{0301} onclick=x", "<\u{200D}b>", "\u{0600}&lt;"])
    func clusters(text: String) {
        let page = list([article(title: text)])
        let model = list([article(title: "")])
        for mark in ["<", ">", "\""] { #expect(count(mark, in: page) == count(mark, in: model)) }
        #expect(page.unicodeScalars.contains(ScalarEscapedHTML().escapeText(text).unicodeScalars))
    }

    @Test("text of any direction stays, isolated from what is around it")
    func direction() {
        let override = "\u{202E}txet"
        let entry = list([article(title: override, body: override, author: override)])
        #expect(entry.contains("dir=\"auto\"><a class=\"title-text\" href=\"/articles/7\">\(override)</a>"))
        #expect(entry.contains("<div class=\"body\" dir=\"auto\">\(override)</div>"))
        #expect(entry.contains("<bdi class=\"author\">\(override)</bdi>"))

        let page = renderer.article(article(title: override), cursor: cursor, now: now)
        #expect(page.contains("<title>\u{2068}\(override)\u{2069} · Dynamic Articles</title>"))
    }

    @Test("times are relative, with the moment in words for those who point at them")
    func times() {
        let html = list([article(updated: Timestamp("2026-11-23T17:59:30.000Z")!)])
        let published =
            "datetime=\"2026-11-23T17:22:00.123Z\" title=\"23 November 2026, 17:22:00 UTC\">37 min ago</time>"
        #expect(html.contains(published))
        #expect(
            html.contains("<span class=\"edited\">edited <time class=\"updated\" datetime=\"2026-11-23T17:59:30.000Z"))
    }

    @Test("an article that was never edited does not say so")
    func neverEdited() {
        #expect(list([article()]).contains("<span class=\"edited\" hidden>"))
    }

    @Test("a line break in a body reaches the page")
    func lineBreaks() {
        #expect(list([article(body: "one\n\n  two\n")]).contains(">one\n\n  two\n</div>"))
    }

    @Test("a long body is cut in the list and whole on its own page")
    func longBody() {
        let body = String(repeating: "word ", count: 1000) + "end"
        let html = list([article(body: body)])
        #expect(!html.contains(body))
        #expect(html.contains("<p class=\"more\"><a href=\"/articles/7\""))
        #expect(renderer.article(article(body: body), cursor: cursor, now: now).contains(body))
    }

    @Test("the link to older articles is there only where there are some")
    func olderLink() {
        #expect(list([article()], hasOlder: true).contains("rel=\"next\" href=\"/?before=7\">Older articles"))
        #expect(list([article()]).contains("rel=\"next\" href=\"\" hidden>"))
    }

    @Test("an empty list says how to post the first article")
    func empty() {
        #expect(list([]).contains("id=\"empty\">No articles yet."))
        #expect(list([article()]).contains("id=\"empty\" hidden>"))
    }

    @Test("an older page leads back to the newest articles")
    func olderPage() {
        let html = list([article()], before: 9)
        #expect(html.contains("<a href=\"/\">Newest articles</a>"))
        #expect(html.contains("data-view=\"older\""))
    }

    @Test("no page has a script or a style in it, only links to the daemon's own")
    func nothingInline() {
        let pages = [
            list([article()]), renderer.article(article(), cursor: cursor, now: now), renderer.notFound(),
        ]
        for page in pages {
            #expect(count("<script", in: page) == 1)
            #expect(page.contains("<script type=\"module\" src=\"/assets/page."))
            #expect(!page.contains("<style") && !page.contains(" style="))
            #expect(!page.contains("://"))
            #expect(page.matches(of: #/\son[a-z]+=/#).isEmpty)
        }
    }

    private func count(_ mark: String, in text: String) -> Int {
        let bytes = Array(text.utf8)
        let sought = Array(mark.utf8)
        return bytes.indices.count { bytes[$0...].starts(with: sought) }
    }

    @Test("a page says in its head what it is, and where feed readers find the same")
    func head() {
        let page = renderer.article(
            article(title: "\"Quoted\"", body: "First line\n\nand <more> of it"), cursor: cursor, now: now)
        #expect(page.contains("<meta name=\"description\" content=\"First line and &lt;more&gt; of it\">"))
        #expect(page.contains("<meta property=\"og:title\" content=\"&quot;Quoted&quot;\">"))
        #expect(page.contains("<link rel=\"canonical\" href=\"/articles/7\">"))
        for html in [page, list([article()])] {
            #expect(
                html.contains(
                    "<link rel=\"alternate\" type=\"application/atom+xml\" title=\"Atom\" href=\"/feed.atom\">"))
            #expect(
                html.contains(
                    "<link rel=\"alternate\" type=\"application/feed+json\" title=\"JSON Feed\" href=\"/feed.json\">"))
        }
    }
}
