import Core
import Testing

@testable import articled

@Suite("The page")
struct PageRendererTests {
    private let assets = AssetLibrary()

    private func article(_ title: String, body: String = "", author: String = "ada") -> Article {
        Article(id: 7, title: title, body: body, topic: "news", author: author, published: Timestamp(milliseconds: 0))
    }

    @Test("nothing of an article is markup")
    func escaping() throws {
        let evil = #"<script>alert(1)</script>"><img src=x onerror='x'>&"#
        let renderer = try PageRenderer(assets: assets)
        for html in [
            renderer.list([article(evil, body: evil, author: evil)], cursor: .beginning, older: nil),
            renderer.article(article(evil, body: evil, author: evil)),
        ] {
            #expect(!html.contains("<script>alert") && !html.contains("<img") && !html.contains(evil))
            #expect(html.contains("&lt;script&gt;alert(1)&lt;/script&gt;"))
        }
    }

    @Test("the newest page is live from where it was rendered; an older one is not")
    func cursor() throws {
        let renderer = try PageRenderer(assets: assets)
        let newest = renderer.list([article("a")], cursor: Cursor(seq: 4, nonce: 0xAB), older: "/articles?before=7")
        #expect(newest.contains("data-cursor=\"4-000000ab\" data-live=\"yes\""))
        #expect(newest.contains("href=\"/articles?before=7\""))
        #expect(renderer.list([article("a")], cursor: nil, older: nil).contains("data-live=\"\""))
    }

    @Test("an empty feed says so")
    func empty() throws {
        #expect(try PageRenderer(assets: assets).list([], cursor: .beginning, older: nil).contains("No articles yet"))
    }

    @Test("assets are found by a path that names their content")
    func hashes() throws {
        let script = assets.asset(named: "page.js")
        #expect(script.path.hasPrefix("/assets/page.") && script.path.hasSuffix(".js"))
        #expect(script.mediaType == "text/javascript; charset=utf-8")
        #expect(assets.asset(path: script.path)?.bytes == script.bytes)
        #expect(assets.asset(path: "/assets/page.js") == nil)
        #expect(try PageRenderer(assets: assets).list([], cursor: .beginning, older: nil).contains(script.path))
    }
}
