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

        func latest(limit: Int, before: Int64?) async throws -> (articles: [Article], cursor: Cursor) {
            let wanted = ids.reversed().filter { $0 < before ?? .max }.prefix(limit)
            return (wanted.map(article), Cursor(seq: ids.upperBound, nonce: 1))
        }

        func pageArticle(id: Int64) async throws -> Article? {
            ids.contains(id) ? article(id) : nil
        }

        private func article(_ id: Int64) -> Article {
            Article(
                id: id, title: "Title \(id)", body: "", topic: "news", author: "ada",
                published: Timestamp(milliseconds: id))
        }
    }

    private func request(
        _ path: String, method: HTTPRequest.Method = .get, headers: HTTPFields = [:],
        articles: ClosedRange<Int64> = 1...3
    ) async throws -> TestResponse {
        let router = Router(options: .autoGenerateHeadEndpoints)
        try PageController(
            reader: Shelf(ids: articles), assets: AssetLibrary(), templates: .escapingScalars()
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
            "/assets/page.css",
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
        #expect(first.body == asset.content)

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
}
