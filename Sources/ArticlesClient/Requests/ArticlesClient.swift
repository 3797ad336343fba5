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
    /// Where everything is asked for.
    public let server: ServerURL
    private let credential: Credential?
    private let trust: ServerTrust
    private let http: HTTPClient

    /// How long a call may take.
    private static let timeout = TimeAmount.seconds(30)
    private static let maxAnswerBytes = 64 * 1024 * 1024

    /// - Parameters:
    ///   - server: where it is.
    ///   - credential: as whom; `nil` lets one read where reading is open.
    ///   - trust: whom to believe that the server is who it says.
    public init(server: ServerURL, credential: Credential?, trust: ServerTrust = .system) {
        self.server = server
        self.credential = credential
        self.trust = trust
        var configuration = HTTPClient.Configuration(
            tlsConfiguration: trust.configuration, redirectConfiguration: .disallow,
            timeout: .init(connect: .seconds(10), read: .seconds(30)))
        configuration.httpVersion = .http1Only
        // A server that is down is said to be down at once; what may be repeated is repeated by the calls.
        configuration.connectionPool.retryConnectionEstablishment = false
        http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    /// The value of `Authorization`, for requests that are made past this client; `nil` without a credential.
    package var authorization: String? { credential.map { "Bearer \($0.token)" } }

    /// Ends idle connections; the client can't be used afterwards.
    public func shutdown() async {
        // Fails only when it is called twice.
        try? await http.shutdown()
    }

    /// Subscribes to the feed. Nothing happens until the sequence is iterated.
    public func subscribe(_ query: FeedQuery) -> FeedSubscription {
        FeedSubscription(server: server, credential: credential, trust: trust, query: query)
    }

    // MARK: - Reading

    /// Articles, newest first; after one of them, oldest first.
    ///
    /// - Parameters:
    ///   - topic: only articles of this topic.
    ///   - topics: only articles of these topics; none means all of them.
    ///   - query: a text that title or body must contain.
    ///   - before: only articles with a smaller id.
    ///   - after: only articles with a larger id; the page's `next` is `nil` then.
    ///   - limit: 1–500.
    public func list(
        topic: String? = nil, topics: [String] = [], query: String? = nil, before: Int64? = nil, after: Int64? = nil,
        limit: Int? = nil
    ) async throws(ClientError) -> ArticlePage {
        var items: [(name: String, value: String)] = []
        if let topic { items.append(("topic", topic)) }
        items += topics.map { ("topic", $0) }
        if let query { items.append(("q", query)) }
        if let before { items.append(("before", String(before))) }
        if let after { items.append(("after", String(after))) }
        if let limit { items.append(("limit", String(limit))) }
        let answer = try await call(.GET, "/api/articles/" + QueryString.encode(items))
        return try decode(answer) { json throws(JSONShapeError) in try ArticlePage(json: json) }
    }

    /// An article as it is now.
    ///
    /// - Throws: ``ClientError``: `refused` with 404 if there is none.
    public func article(id: Int64) async throws(ClientError) -> TaggedArticle {
        let answer = try await call(.GET, "/api/articles/\(id)/")
        return TaggedArticle(
            article: try decode(answer) { json throws(JSONShapeError) in try Article(json: json) },
            entityTag: answer.headers.first(name: "etag"))
    }

    /// How the server is.
    public func status() async throws(ClientError) -> ServerStatus {
        let answer = try await call(.GET, "/api/status")
        return try decode(answer) { json throws(JSONShapeError) in try ServerStatus(json: json) }
    }

    // MARK: - Writing

    /// Publishes an article. A try that got no answer is repeated with the same key, so that it is published once.
    ///
    /// - Parameters:
    ///   - draft: what is published.
    ///   - idempotencyKey: any text that no other publication of this account has.
    public func add(
        _ draft: ArticleDraft, idempotencyKey: String = UUID().uuidString
    ) async throws(ClientError) -> PublishedArticle {
        var retries = PublicationRetries()
        while true {
            do {
                return try published(
                    try await send(
                        .POST, "/api/articles/", body: draft.json, headers: [("Idempotency-Key", idempotencyKey)]))
            } catch let failure as CallFailure {
                guard let pause = retries.pause(after: failure) else { throw retries.explain(failure.error) }
                do {
                    try await Task.sleep(for: pause)
                } catch {
                    throw retries.explain(.unreachable(url: server.description, reason: "the call was cancelled"))
                }
            } catch {
                throw error as? ClientError
                    ?? .unexpectedAnswer(url: server.description, reason: "\(error)")
            }
        }
    }

    /// Changes an article.
    ///
    /// - Parameters:
    ///   - id: the article's.
    ///   - patch: the members to change.
    ///   - ifMatch: the version that it must have, else the server answers 412.
    public func update(
        id: Int64, patch: ArticlePatch, ifMatch: String? = nil
    ) async throws(ClientError) -> PublishedArticle {
        try published(
            try await call(.PATCH, "/api/articles/\(id)/", body: patch.json, headers: Self.condition(ifMatch)))
    }

    /// Deletes an article.
    ///
    /// - Parameters:
    ///   - id: the article's.
    ///   - ifMatch: the version that it must have, else the server answers 412.
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

    struct Answer {
        let headers: HTTPHeaders
        let body: [UInt8]
    }

    func call(
        _ method: HTTPMethod, _ path: String, body: [UInt8]? = nil, headers: [(String, String)] = []
    ) async throws(ClientError) -> Answer {
        do {
            return try await send(method, path, body: body, headers: headers)
        } catch {
            throw error.error
        }
    }

    private func send(
        _ method: HTTPMethod, _ path: String, body: [UInt8]? = nil, headers: [(String, String)] = []
    ) async throws(CallFailure) -> Answer {
        do {
            return try await send(method, path, body: body, headers: headers, credential)
        } catch {
            // The token that was found on this machine may be another server's, and reading may need none.
            guard method == .GET, credential?.isFound == true, case .refused(401, _, _, _, _) = error.error else {
                throw error
            }
            return try await send(method, path, body: body, headers: headers, nil)
        }
    }

    private func send(
        _ method: HTTPMethod, _ path: String, body: [UInt8]?, headers: [(String, String)], _ credential: Credential?
    ) async throws(CallFailure) -> Answer {
        var request = HTTPClientRequest(url: server.description + path)
        request.method = method
        request.headers.add(name: "Accept", value: "application/json")
        request.headers.add(name: "User-Agent", value: UserAgent.value)
        if let credential { request.headers.add(name: "Authorization", value: "Bearer \(credential.token)") }
        if let body {
            request.headers.add(name: "Content-Type", value: "application/json")
            request.body = .bytes(ByteBuffer(bytes: body))
        }
        for (name, value) in headers { request.headers.replaceOrAdd(name: name, value: value) }
        let response: HTTPClientResponse
        let bytes: [UInt8]
        do {
            response = try await http.execute(request, timeout: Self.timeout)
            bytes = Array(try await response.body.collect(upTo: Self.maxAnswerBytes).readableBytesView)
        } catch {
            throw CallFailure(
                error: .unreachable(
                    url: server.description, reason: await CertificateDiagnosis.reason(error, server)),
                mayHaveArrived: ConnectionFailure.mayHaveArrived(error))
        }
        guard (200..<300).contains(response.status.code) else {
            throw CallFailure(
                error: Refusal.error(
                    status: response.status, headers: response.headers, body: bytes, url: server.description),
                mayHaveArrived: true)
        }
        return Answer(headers: response.headers, body: bytes)
    }

    func decode<Value>(
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
