import Core
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import Testing

@testable import articled

/// The page's routes over a list of articles in memory.
@Suite struct PageControllerTests {
    struct Shelf: ArticleReader {
        let ids: ClosedRange<Int64>

        var body = ""

        func listing(_ query: ArticleQuery) async throws -> (articles: [Article], cursor: Cursor) {
            let wanted = ids.reversed().filter { $0 < query.before ?? .max && query.filter.matches("news") }
            return (wanted.prefix(query.limit).map(article), Cursor(seq: ids.upperBound, nonce: 1))
        }

        func pageTopics(limit: Int) async throws -> [String] { ["news", "sport"] }

        func pageArticle(id: Int64) async throws -> Article? {
            ids.contains(id) ? article(id) : nil
        }

        private func article(_ id: Int64) -> Article {
            Article(
                id: id, title: "Title \(id)", body: String(body.shuffled()), topic: "news", author: "ada",
                published: Timestamp(milliseconds: id))
        }
    }

    private func request(
        _ path: String, method: HTTPRequest.Method = .get, headers: HTTPFields = [:],
        articles: ClosedRange<Int64> = 1...3, body: String = "", basePath: BasePath = .root
    ) async throws -> TestResponse {
        let router = Router(options: .autoGenerateHeadEndpoints)
        let assets = AssetLibrary()
        PageController(
            reader: Shelf(ids: articles, body: body), newest: { Cursor(seq: articles.upperBound, nonce: 1) },
            renderer: try PageRenderer(
                templates: .escapingScalars(), assets: assets, basePath: basePath, pingInterval: .seconds(10)),
            assets: assets, cache: DocumentCache()
        ).addRoutes(to: router)
        return try await Application(router: router).test(.router) { client in
            try await client.execute(uri: path, method: method, headers: headers)
        }
    }

    @Test("the list answers under all of its addresses", arguments: ["/", "/articles", "/articles/"])
    func list(path: String) async throws {
        let response = try await request(path)
        #expect(response.status == .ok)
        #expect(String(buffer: response.body).contains("Title 3"))
    }

    @Test("every page forbids what is not the daemon's own", arguments: ["/", "/articles/1", "/articles/99"])
    func security(path: String) async throws {
        let headers = try await request(path).headers
        let policy = try #require(headers[.contentSecurityPolicy])
        #expect(policy.hasPrefix("default-src 'none'; script-src 'self'; style-src 'self';"))
        #expect(!policy.contains("unsafe"))
        #expect(headers[.xContentTypeOptions] == "nosniff")
        #expect(headers[HTTPField.Name("Referrer-Policy")!] == "same-origin")
        #expect(headers[.cacheControl] == "no-cache")
    }

    @Test("more articles than fit are reached through a link, until there are none left")
    func pages() async throws {
        let first = try await request("/", articles: 1...51)
        #expect(String(buffer: first.body).contains("href=\"/?before=2\">Older"))
        let second = String(buffer: try await request("/?before=2", articles: 1...51).body)
        #expect(second.contains("Title 1") && !second.contains("Title 2"))
        #expect(second.contains("rel=\"next\" href=\"\" hidden"))
    }

    @Test(
        "what is not there is told in HTML, with 404",
        arguments: [
            "/articles/99", "/articles/01", "/articles/x", "/articles/-1", "/?before=x", "/?before=0",
            "/?topic=N%C3%B6",
            "/?q=%00", "/assets/page.css",
        ])
    func notFound(path: String) async throws {
        let response = try await request(path)
        #expect(response.status == .notFound)
        #expect(response.headers[.contentType] == "text/html; charset=utf-8")
    }

    @Test("an article's page goes on from where the feed is")
    func article() async throws {
        let html = String(buffer: try await request("/articles/2").body)
        #expect(html.contains("Title 2"))
        #expect(html.contains("data-cursor=\"3-00000001\""))
    }

    @Test("HEAD answers like GET, without the page")
    func head() async throws {
        let response = try await request("/", method: .head)
        #expect(response.status == .ok)
        #expect(response.body.readableBytes == 0)
    }

    @Test("an asset may be kept for ever and is not sent again to who has it")
    func caching() async throws {
        let asset = AssetLibrary()[named: "page.js"]
        let first = try await request(asset.path)
        #expect(first.headers[.cacheControl] == "public, max-age=31536000, immutable")
        #expect(first.body == asset.document.content)

        let etag = try #require(first.headers[.eTag])
        for known in [etag, "W/\(etag)", "\"other\", \(etag)", "*"] {
            let second = try await request(asset.path, headers: [.ifNoneMatch: known])
            #expect(second.status == .notModified)
            #expect(second.body.readableBytes == 0)
        }
        #expect(try await request(asset.path, headers: [.ifNoneMatch: "\"other\""]).status == .ok)
    }

    @Test("browsers that look for an icon find one")
    func icon() async throws {
        let response = try await request("/favicon.ico")
        #expect(response.status == .ok)
        #expect(response.headers[.contentType] == "image/svg+xml")
    }

    @Test("what is compressed is compressed for those who take it, and only for them")
    func compression() async throws {
        let asset = AssetLibrary()[named: "page.css"]
        let compressed = try await request(asset.path, headers: [.acceptEncoding: "br;q=1, gzip;q=0.5"])
        #expect(compressed.headers[.contentEncoding] == "gzip")
        #expect(compressed.headers[.vary] == "Accept-Encoding")
        #expect(compressed.body == asset.document.compressed)
        for encoding in ["br", "gzip;q=0", "identity"] {
            let plain = try await request(asset.path, headers: [.acceptEncoding: encoding])
            #expect(plain.headers[.contentEncoding] == nil)
            #expect(plain.body == asset.document.content)
            // One is not the other for a cache, but who has either need not get it again.
            #expect(plain.headers[.eTag] != compressed.headers[.eTag])
        }
        let known = try #require(compressed.headers[.eTag])
        #expect(try await request(asset.path, headers: [.ifNoneMatch: known]).status == .notModified)
    }

    @Test("a page is not sent again to who has it")
    func pageCaching() async throws {
        let etag = try #require(try await request("/").headers[.eTag])
        #expect(try await request("/", headers: [.ifNoneMatch: etag]).status == .notModified)
        #expect(try await request("/", headers: [.ifNoneMatch: etag], articles: 1...4).status == .ok)
    }

    @Test("a list stays small on the wire whatever is in it; the rest is behind the link to older articles")
    func wire() async throws {
        // Letters that no compression makes much smaller.
        var generator = SystemRandomNumberGenerator()
        let body = String(
            (0..<4000).map { _ in Character(UnicodeScalar(UInt32.random(in: 0x4E00...0x9FFF, using: &generator))!) })
        let response = try await request("/", headers: [.acceptEncoding: "gzip"], articles: 1...50, body: body)
        #expect(response.body.readableBytes < 30_000)
        let whole = String(buffer: try await request("/", articles: 1...50, body: body).body)
        #expect(whole.contains("Title 50"))
        #expect(!whole.contains("rel=\"next\" href=\"\" hidden"))
    }

    @Test("below a base path every link begins with it")
    func basePath() async throws {
        let path = try #require(BasePath("/news/"))
        for page in ["/", "/articles/2", "/articles/99"] {
            let html = String(buffer: try await request(page, basePath: path).body)
            let links = html.matches(of: #/(?:href|src|action)="([^"]*)"/#).map { String($0.1) }
            #expect(links.count > 5)
            for link in links {
                #expect(link.hasPrefix("/news/") || link.hasPrefix("#") || link.isEmpty, "\(page): \(link)")
            }
        }
    }

    @Test("a page of topics says so, marks them, and keeps to them")
    func topics() async throws {
        let html = String(buffer: try await request("/?topic=news&topic=sport", articles: 1...51).body)
        #expect(html.contains("<title>\u{2068}news, sport\u{2069} · Dynamic Articles</title>"))
        #expect(html.contains("href=\"/?topic=news\" aria-current=\"page\""))
        #expect(html.contains("href=\"/feed.atom?topic=news&amp;topic=sport\""))
        #expect(html.contains("href=\"/?topic=news&amp;topic=sport&amp;before=2\">Older"))
        let unknown = try await request("/?topic=unknown")
        #expect(unknown.status == .ok)
        #expect(String(buffer: unknown.body).contains("No articles here yet."))
    }
}
