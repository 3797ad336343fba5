import Core
import NIOCore
import NIOHTTP1
import Testing

@testable import articled

@Suite("Requests for the feed")
struct FeedHandshakeTests {
    private func head(_ uri: String = "/articles", _ changes: [(String, String?)] = []) -> HTTPRequestHead {
        var headers = HTTPHeaders([
            ("Host", "feed.example:8000"), ("Upgrade", "websocket"), ("Connection", "Upgrade"),
            ("Sec-WebSocket-Version", "13"), ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ])
        for (name, value) in changes {
            headers.remove(name: name)
            if let value { headers.add(name: name, value: value) }
        }
        return HTTPRequestHead(version: .http1_1, method: .GET, uri: uri, headers: headers)
    }

    private func refusal(_ head: HTTPRequestHead, _ handshake: FeedHandshake = FeedHandshake()) -> ServiceError.Code? {
        guard case .refused(let error, _) = handshake.decide(head) else { return nil }
        return error.code
    }

    private func accepted(_ head: HTTPRequestHead, _ handshake: FeedHandshake = FeedHandshake()) -> FeedHandshake
        .Accepted?
    {
        guard case .accepted(let accepted) = handshake.decide(head) else { return nil }
        return accepted
    }

    @Test("the subprotocol decides the mode; one that is not known is none")
    func modes() {
        #expect(accepted(head())?.view.mode == .plain)
        #expect(accepted(head("/articles/", [("Sec-WebSocket-Protocol", "x, articles.v1")]))?.view.mode == .articlesV1)
        let other = accepted(head("/articles", [("Sec-WebSocket-Protocol", "x")]))
        #expect(
            other?.view.mode == .plain
                && other.map { String(buffer: $0.response(requestID: "a")) }?.contains("Protocol:") == false)
    }

    @Test("the query is read, escapes too")
    func query() {
        let uri = "/articles?topic=a&topic=b%2Ec&last=0&unknown=1"
        #expect(accepted(head(uri))?.query == FeedQuery(last: 0, filter: .only(["a", "b.c"])))
    }

    @Test("a plain client can't resume, for nobody could tell it of a gap")
    func plainSince() {
        #expect(refusal(head("/articles?since=1-00000001")) == .badRequest)
        let v1 = head("/articles?since=1-00000001", [("Sec-WebSocket-Protocol", "articles.v1")])
        #expect(accepted(v1)?.query.since == Cursor(seq: 1, nonce: 1))
    }

    @Test("only the page's own origin, or one that was allowed, may subscribe")
    func origins() {
        #expect(accepted(head("/articles", [("Origin", "http://feed.example:8000")])) != nil)
        #expect(accepted(head("/articles", [("Origin", "https://FEED.example:8000")])) != nil)
        for origin in [
            "http://evil.example", "http://feed.example", "null", "http://feed.example:8000.evil.example", "",
        ] {
            #expect(refusal(head("/articles", [("Origin", origin)])) == .forbidden, "\(origin)")
        }
        let handshake = FeedHandshake(origins: OriginPolicy(allowed: ["https://news.example"]))
        #expect(accepted(head("/articles", [("Origin", "https://news.example")]), handshake) != nil)
        #expect(refusal(head("/articles", [("Origin", "https://news.example.evil")]), handshake) == .forbidden)
    }

    @Test("what asks for no WebSocket, or elsewhere, is for the router")
    func others() {
        for head in [
            head("/articles", [("Upgrade", nil)]), head("/"), head("/articles/7"),
            head("/articles", [("Upgrade", "h2c")]),
        ] {
            guard case .other = FeedHandshake().decide(head) else {
                Issue.record("\(head)")
                continue
            }
        }
    }
}
