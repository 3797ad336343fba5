import Core
import Foundation
import Testing

@testable import ArticlesClient

@Suite("Calls of the HTTP API", .timeLimit(.minutes(1)))
struct ArticlesClientTests {
    private static let article =
        #"{"id":7,"title":"T","body":"","topic":"news","author":"ada","published":"2026-11-23T17:22:00.123Z","updated":null"#
    private static let published = ScriptedServer.Answer.http(201, body: article + #","cursor":"42-9c1e7a3b"}"#)

    /// Runs calls against a server that follows a script, and returns what it was asked.
    @discardableResult
    private func call(
        token: String? = nil, script: @escaping ScriptedServer.Script, _ body: (ArticlesClient) async throws -> Void
    ) async throws -> [ScriptedServer.Request] {
        let server = ScriptedServer(script)
        let client = ArticlesClient(server: try await server.start(), credential: token.map { Credential(token: $0) })
        do {
            try await body(client)
        } catch {
            await client.shutdown()
            throw error
        }
        await client.shutdown()
        try await server.stop()
        return server.requests
    }

    @Test("a list is asked for with everything escaped, and says how to go on")
    func list() async throws {
        let requests = try await call { _ in
            .http(200, body: "{\"results\":[\(Self.article)}],\"next\":\"/api/articles/?q=x&before=3&limit=1\"}")
        } _: { client in
            let page = try await client.list(topic: "ops", query: "a&b ü", before: 9, limit: 1)
            #expect(page.articles.map(\.id) == [7])
            #expect(page.next == 3)
        }
        #expect(requests.map(\.target) == ["/api/articles/?topic=ops&q=a%26b%20%C3%BC&before=9&limit=1"])
        #expect(requests[0].headers["authorization"] == nil)
    }

    @Test("an article comes with the tag of its version, which a change and a deletion send back")
    func entityTag() async throws {
        let requests = try await call(token: "t0ken") { request in
            switch request.method {
            case "GET": .http(200, headers: ["ETag": "\"v1\""], body: Self.article + "}")
            case "PATCH": Self.published
            default: .http(204)
            }
        } _: { client in
            let tagged = try await client.article(id: 7)
            #expect(tagged.entityTag == "\"v1\"")
            _ = try await client.update(id: 7, patch: ArticlePatch(title: "N"), ifMatch: tagged.entityTag)
            try await client.delete(id: 7, ifMatch: tagged.entityTag)
        }
        #expect(requests.map { $0.headers["if-match"] } == [nil, "\"v1\"", "\"v1\""])
        #expect(requests.map(\.target) == Array(repeating: "/api/articles/7/", count: 3))
        #expect(requests[1].body == #"{"title":"N"}"#)
        #expect(requests.allSatisfy { $0.headers["authorization"] == "Bearer t0ken" })
    }

    @Test(
        "a publication that got no answer is repeated with the same key",
        arguments: [
            ScriptedServer.Answer.hangUp, .http(503, headers: ["Retry-After": "1"]), .http(502),
            .bytes("nonsense\r\n\r\n"),
        ])
    func retry(first: ScriptedServer.Answer) async throws {
        let requests = try await call {
            $0.connection == 1 ? first : Self.published
        } _: { client in
            let published = try await client.add(ArticleDraft(title: "T"), idempotencyKey: "key-1")
            #expect(published.article.id == 7)
            #expect(published.cursor == Cursor(seq: 42, nonce: 0x9c1e_7a3b))
        }
        #expect(requests.map { $0.headers["idempotency-key"] } == ["key-1", "key-1"])
        #expect(Set(requests.map(\.body)).count == 1)
    }

    @Test("repetitions end, and it is said that nobody knows")
    func boundedRetries() async throws {
        let requests = try await call { _ in
            .hangUp
        } _: { client in
            let error = await #expect(throws: ClientError.self) {
                try await client.add(ArticleDraft(title: "T"), idempotencyKey: "k")
            }
            let text = try #require(error).description
            #expect(text.contains("not known"))
        }
        #expect(requests.count == PublicationRetries.maxAttempts)
    }

    @Test("what the server judged is not repeated, and its words arrive")
    func refusal() async throws {
        let requests = try await call { _ in
            .http(
                422, headers: ["Content-Type": "application/problem+json"],
                body: """
                    {"type":"about:blank","title":"Unprocessable Content","status":422,"detail":"d",
                    "errors":[{"field":"title","message":"must not be empty"}]}
                    """)
        } _: { client in
            await #expect(
                throws: ClientError.refused(
                    status: 422, title: "Unprocessable Content", detail: "d",
                    errors: [FieldError(field: "title", message: "must not be empty")], retryAfter: nil)
            ) { try await client.add(ArticleDraft(title: "")) }
        }
        #expect(requests.count == 1)
    }

    @Test("a server that is not there is said to be down at once")
    func connectionRefused() async throws {
        let server = ScriptedServer { _ in .hangUp }
        let url = try await server.start()
        try await server.stop()
        let client = ArticlesClient(server: url, credential: nil)
        let error = await #expect(throws: ClientError.self) { try await client.add(ArticleDraft(title: "T")) }
        guard case .unreachable(url.description, let reason) = error else {
            Issue.record("the error was \(String(describing: error))")
            return
        }
        #expect(reason == "nothing is listening there (connection refused)")
        await client.shutdown()
    }

    @Test("a redirect is not followed, so that the token stays where it belongs")
    func redirect() async throws {
        let requests = try await call(token: "t0ken") { _ in
            .http(302, headers: ["Location": "http://evil.example/"])
        } _: { client in
            let error = await #expect(throws: ClientError.self) { try await client.status() }
            let text = try #require(error).description
            #expect(text.contains("evil.example"))
        }
        #expect(requests.count == 1)
    }

    @Test(
        "answers that are not ours are told from empty ones",
        arguments: [
            "<html></html>", "{}", "[]", #"{"results":{}}"#, #"{"results":[{"id":1}]}"#, #"{"results":[],"next":"/x"}"#,
        ])
    func strangeAnswers(body: String) async throws {
        try await call { _ in
            .http(200, body: body)
        } _: { client in
            let error = await #expect(throws: ClientError.self) { try await client.list() }
            guard case .unexpectedAnswer = error else {
                Issue.record("the error was \(String(describing: error))")
                return
            }
        }
    }

    @Test("the uptime may have a fraction", arguments: [("12", 12), ("12.9", 12)] as [(String, Int64)])
    func uptime(text: String, seconds: Int64) async throws {
        try await call { _ in
            .http(
                200,
                body: """
                    {"node":"n","version":"1.0","role":"single","uptime":\(text),"cursor":"4-00000001",
                    "oldest":"0-00000000","subscribers":3}
                    """)
        } _: { client in
            let status = try await client.status()
            #expect(status.uptime == seconds)
            #expect(status.oldest == .beginning)
        }
    }
}
