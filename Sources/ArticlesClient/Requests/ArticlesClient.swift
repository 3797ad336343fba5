import AsyncHTTPClient
public import Core
public import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix

/// A client of one articles server: its HTTP API and its feed.
///
/// ```swift
/// let client = ArticlesClient(server: .standard, credential: nil)
/// for await update in client.subscribe(FeedQuery()) {
///     if case .event(let event) = update { print(event.id) }
/// }
/// ```
///
/// Call ``shutdown()`` when done.
public final class ArticlesClient: Sendable {
    public let server: ServerURL
    private let credential: Credential?
    private let http: HTTPClient

    /// How long a call may take, and how often a publication is tried.
    private static let timeout = TimeAmount.seconds(30)
    private static let publishAttempts = 4
    private static let maxAnswerBytes = 64 * 1024 * 1024

    public init(server: ServerURL, credential: Credential?) {
        self.server = server
        self.credential = credential
        var configuration = HTTPClient.Configuration(
            redirectConfiguration: .disallow, timeout: .init(connect: .seconds(10), read: .seconds(30)))
        configuration.httpVersion = .http1Only
        // A server that is down is said to be down at once; what may be repeated is repeated by the calls.
        configuration.connectionPool.retryConnectionEstablishment = false
        http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    /// Ends idle connections; the client can't be used afterwards.
    public func shutdown() async {
        // Fails only when it is called twice.
        try? await http.shutdown()
    }

    /// Subscribes to the feed. Nothing happens until the sequence is iterated.
    public func subscribe(_ query: FeedQuery) -> FeedSubscription {
        FeedSubscription(server: server, credential: credential, query: query)
    }

    // MARK: - Reading

    /// Articles, newest first.
    ///
    /// - Parameters:
    ///   - query: a text that title or body must contain.
    ///   - before: only articles with a smaller id.
    ///   - limit: 1–500.
    public func list(
        topic: String? = nil, query: String? = nil, before: Int64? = nil, limit: Int? = nil
    ) async throws(ClientError) -> ArticlePage {
        var items: [(name: String, value: String)] = []
        if let topic { items.append(("topic", topic)) }
        if let query { items.append(("q", query)) }
        if let before { items.append(("before", String(before))) }
        if let limit { items.append(("limit", String(limit))) }
        let answer = try await call(.GET, "/api/articles/" + QueryString.encode(items))
        return try decode(answer) { json throws(JSONShapeError) in
            var articles: [Article] = []
            for element in json["results"]?.arrayValue ?? [] { articles.append(try Article(json: element)) }
            return ArticlePage(articles: articles, next: json["next"]?.stringValue == nil ? nil : articles.last?.id)
        }
    }

    public func article(id: Int64) async throws(ClientError) -> TaggedArticle {
        let answer = try await call(.GET, "/api/articles/\(id)/")
        return TaggedArticle(
            article: try decode(answer) { json throws(JSONShapeError) in try Article(json: json) },
            entityTag: answer.headers.first(name: "etag"))
    }

    public func status() async throws(ClientError) -> ServerStatus {
        let answer = try await call(.GET, "/api/status")
        return try decode(answer) { json throws(JSONShapeError) in
            let object = try JSONObject(json, path: "status")
            return ServerStatus(
                node: try object.string("node"), version: try object.string("version"), role: try object.string("role"),
                uptime: try object.integer("uptime"), cursor: try object.cursor("cursor"),
                oldest: try object.cursor("oldest"), subscribers: try object.integer("subscribers"))
        }
    }

    // MARK: - Writing

    /// Publishes an article. A try that got no answer is repeated with the same key, so that it is published once.
    ///
    /// - Parameter idempotencyKey: any text that no other publication of this account has.
    public func add(
        _ draft: ArticleDraft, idempotencyKey: String = UUID().uuidString
    ) async throws(ClientError) -> PublishedArticle {
        var attempt = 1
        while true {
            do {
                let answer = try await call(
                    .POST, "/api/articles/", body: draft.json, headers: [("Idempotency-Key", idempotencyKey)])
                return try published(answer)
            } catch {
                guard attempt < Self.publishAttempts, let pause = error.pauseBeforeRetry(attempt: attempt) else {
                    throw error
                }
                attempt += 1
                do {
                    try await Task.sleep(for: pause)
                } catch {
                    throw .unreachable(url: server.description, reason: "the call was cancelled")
                }
            }
        }
    }

    /// Changes an article.
    ///
    /// - Parameter ifMatch: the version that it must have, else the server answers 412.
    public func update(
        id: Int64, patch: ArticlePatch, ifMatch: String? = nil
    ) async throws(ClientError) -> PublishedArticle {
        try published(
            try await call(.PATCH, "/api/articles/\(id)/", body: patch.json, headers: Self.condition(ifMatch)))
    }

    public func delete(id: Int64, ifMatch: String? = nil) async throws(ClientError) {
        _ = try await call(.DELETE, "/api/articles/\(id)/", headers: Self.condition(ifMatch))
    }

    private static func condition(_ tag: String?) -> [(String, String)] {
        tag.map { [("If-Match", $0)] } ?? []
    }

    private func published(_ answer: Answer) throws(ClientError) -> PublishedArticle {
        try decode(answer) { json throws(JSONShapeError) in
            PublishedArticle(
                article: try Article(json: json), cursor: try JSONObject(json, path: "article").cursor("cursor"))
        }
    }

    // MARK: - Calls

    private struct Answer {
        let headers: HTTPHeaders
        let body: [UInt8]
    }

    private func call(
        _ method: HTTPMethod, _ path: String, body: [UInt8]? = nil, headers: [(String, String)] = []
    ) async throws(ClientError) -> Answer {
        var request = HTTPClientRequest(url: server.description + path)
        request.method = method
        request.headers.add(name: "Accept", value: "application/json")
        request.headers.add(name: "User-Agent", value: UserAgent.value)
        if let credential { request.headers.add(name: "Authorization", value: "Bearer \(credential.token)") }
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        if let body {
            request.headers.add(name: "Content-Type", value: "application/json")
            request.body = .bytes(ByteBuffer(bytes: body))
        }
        let response: HTTPClientResponse
        let bytes: [UInt8]
        do {
            response = try await http.execute(request, timeout: Self.timeout)
            bytes = Array(try await response.body.collect(upTo: Self.maxAnswerBytes).readableBytesView)
        } catch {
            throw .unreachable(url: server.description, reason: ConnectionFailure.reason(error))
        }
        guard (200..<300).contains(response.status.code) else {
            throw Refusal.error(
                status: response.status, headers: response.headers, body: bytes, url: server.description)
        }
        return Answer(headers: response.headers, body: bytes)
    }

    private func decode<Value>(
        _ answer: Answer, _ read: (JSONValue) throws(JSONShapeError) -> Value
    ) throws(ClientError) -> Value {
        let json: JSONValue
        do {
            json = try JSONParser.parse(answer.body)
        } catch {
            throw .unexpectedAnswer(url: server.description, reason: "its answer is not JSON (\(error))")
        }
        do {
            return try read(json)
        } catch {
            throw .unexpectedAnswer(url: server.description, reason: "\(error)")
        }
    }
}

extension ClientError {
    /// How long to wait before the same call is made again; `nil` if it would only fail again.
    func pauseBeforeRetry(attempt: Int) -> Duration? {
        let backOff = Duration.milliseconds(250 << attempt)
        return switch self {
        case .unreachable: backOff
        case .refused(409, _, _, _, .some(let seconds)), .refused(429, _, _, _, .some(let seconds)),
            .refused(503, _, _, _, .some(let seconds)):
            max(.seconds(min(seconds, 30)), backOff)
        case .refused(502, _, _, _, _), .refused(503, _, _, _, _), .refused(504, _, _, _, _): backOff
        case .refused, .badURL, .badCredential, .unexpectedAnswer: nil
        }
    }
}
