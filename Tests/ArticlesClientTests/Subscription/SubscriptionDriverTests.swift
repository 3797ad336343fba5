import Core
import NIOCore
import Synchronization
import Testing
import WebSocketCore

@testable import ArticlesClient

@Suite("A subscription over real connections", .timeLimit(.minutes(2)))
struct SubscriptionDriverTests {
    /// Subscribes without pauses between attempts.
    private func subscribe(_ server: ServerURL, _ query: FeedQuery = FeedQuery()) -> FeedSubscription {
        FeedSubscription(server: server, credential: nil, query: query) { $0.lowerBound }
    }

    @Test("asks for articles.v1 below the base path, with the query and the token")
    func handshake() async throws {
        let server = ScriptedServer { _ in .http(401) }
        let root = try await server.start()
        let subscription = FeedSubscription(
            server: try ServerURL("\(root)/base"), credential: Credential(token: "t0ken"),
            query: FeedQuery(since: Feed.cursor(7), last: 3, filter: .only(["news", "ops"])))
        _ = try await subscription.updates { _ in false }
        let request = try #require(server.requests.first)
        #expect(request.target == "/base/articles?since=7-1234abcd&last=3&topic=news&topic=ops")
        #expect(request.headers["sec-websocket-protocol"] == "articles.v1")
        #expect(request.headers["authorization"] == "Bearer t0ken")
        #expect(request.headers["host"] == root.authority)
        try await server.stop()
    }

    @Test("frames that arrive together with the answer to the handshake are not lost")
    func framesWithTheAnswer() async throws {
        let server = ScriptedServer { _ in
            .feed(
                Feed.join(
                    Feed.frame(Feed.hello(2)), Feed.frame([Feed.event(1), Feed.event(2)]),
                    Feed.frame(.live(cursor: Feed.cursor(2)))))
        }
        let updates = try await subscribe(server.start()).updates { $0 == .state(.live) }
        #expect(
            updates == [
                .state(.connecting(attempt: 1)), .state(.catchingUp), .snapshot([Feed.event(1), Feed.event(2)]),
                .caughtUp(Feed.cursor(2)), .state(.live),
            ])
        try await server.stop()
    }

    @Test("resumes after the last event when the server closes")
    func resume() async throws {
        let server = ScriptedServer { request in
            switch request.connection {
            case 1:
                return .feed(
                    Feed.join(
                        Feed.frame(Feed.hello(5)), Feed.frame([Feed.event(5)]),
                        Feed.frame(.live(cursor: Feed.cursor(5))),
                        Feed.frame([Feed.event(6)]), Feed.frame(.bye(reason: .shutdown, retryAfter: 10)),
                        WebSocketFrames.close(.goingAway)))
            default: return .feed(Feed.replay(after: 6, upTo: 8))
            }
        }
        let updates = try await subscribe(server.start()).updates { $0 == .event(Feed.event(8)) }
        #expect(server.requests.map { $0.parameter("since") } == [nil, "6-1234abcd"])
        #expect(updates.eventNumbers == [6, 7, 8])
        try await eventually("the close frame is answered") { server.closeCode(ofConnection: 1) == 1001 }
        try await server.stop()
    }

    @Test("a snapshot is no place to resume from, over a real connection too")
    func snapshotIsNoResumePoint() async throws {
        let server = ScriptedServer { request in
            let snapshot = Feed.join(Feed.frame(Feed.hello(5)), Feed.frame([Feed.event(4), Feed.event(5)]))
            return request.connection == 1
                ? .feed(snapshot, isCut: true) : .feed(Feed.join(snapshot, Feed.frame(.live(cursor: Feed.cursor(5)))))
        }
        let updates = try await subscribe(server.start()).updates { $0 == .state(.live) }
        #expect(server.requests.map { $0.parameter("since") } == [nil, nil])
        #expect(updates.filter { if case .snapshot = $0 { true } else { false } }.count == 1)
        try await server.stop()
    }

    /// The server has a growing feed and cuts every connection after some bytes, wherever that is.
    @Test(
        "loses nothing and repeats nothing over connections that break at any byte",
        arguments: 1...3 as ClosedRange<UInt64>)
    func randomDisconnects(seed: UInt64) async throws {
        let breaks = 20
        let total: Int64 = 120
        let random = Mutex(SeededGenerator(seed: seed))
        let server = ScriptedServer { request in
            let since = request.parameter("since").flatMap { Cursor($0) }?.seq ?? 0
            guard request.connection <= breaks else { return .feed(Feed.replay(after: since, upTo: total)) }
            let (newest, upTo, share) = random.withLock { random in
                let newest = Int64.random(in: since...min(total, since + 12), using: &random)
                return (
                    newest, Int64.random(in: newest...min(total, newest + 4), using: &random),
                    Double.random(in: 0...1, using: &random)
                )
            }
            var bytes = Feed.replay(after: since, upTo: newest)
            for seq in newest..<upTo { bytes.writeImmutableBuffer(Feed.frame([Feed.event(seq + 1)])) }
            let cut = bytes.readSlice(length: Int(Double(bytes.readableBytes) * share))
            return .feed(cut ?? ByteBuffer(), isCut: true)
        }
        let updates = try await subscribe(server.start(), FeedQuery(since: .beginning)).updates {
            $0 == .caughtUp(Feed.cursor(total))
        }
        #expect(updates.eventNumbers == Array(1...total))
        #expect(server.requests.count > breaks)
        #expect(!updates.contains { if case .reset = $0 { true } else { false } })
        try await server.stop()
    }

    @Test("a refusal that a retry can't mend ends it with the server's words", arguments: [400, 401, 403, 404, 426])
    func refusal(status: Int) async throws {
        let server = ScriptedServer { _ in
            .http(status, headers: ["Content-Type": "application/problem+json"], body: #"{"detail":"No, thanks."}"#)
        }
        let updates = try await subscribe(server.start()).updates { _ in false }
        guard case .state(.refused(let reason)) = updates.last else {
            Issue.record("the last update was \(String(describing: updates.last))")
            return
        }
        #expect(reason.contains("No, thanks.") && reason.contains("\(status)"))
        #expect(server.requests.count == 1)
        try await server.stop()
    }

    @Test("being turned away for now is tried again, not before Retry-After", arguments: [429, 503])
    func retryAfter(status: Int) async throws {
        let server = ScriptedServer { request in
            request.connection == 1
                ? .http(status, headers: ["Retry-After": "1"]) : .feed(Feed.replay(after: 0, upTo: 0))
        }
        let start = ContinuousClock.now
        let updates = try await subscribe(server.start()).updates { $0 == .state(.live) }
        let until = updates.states.compactMap { if case .waiting(_, let until, _) = $0 { until } else { nil } }.first
        #expect(try #require(until) >= start + .seconds(1))
        #expect(ContinuousClock.now >= start + .seconds(1))
        try await server.stop()
    }

    @Test("answers that are no feed are told and tried again", arguments: Nonsense.allCases)
    func garbage(nonsense: Nonsense) async throws {
        let server = ScriptedServer { request in
            request.connection == 1 ? nonsense.answer : .feed(Feed.replay(after: 0, upTo: 0))
        }
        let updates = try await subscribe(server.start()).updates { $0 == .state(.live) }
        #expect(updates.reasons.count == 1)
        #expect(updates.eventNumbers.isEmpty)
        try await eventually("the first connection ends") { server.hasEnded(connection: 1) }
        try await server.stop()
    }

    @Test("a server that is not there yet is found when it comes up")
    func comingUp() async throws {
        let server = ScriptedServer { _ in .feed(Feed.replay(after: 0, upTo: 3)) }
        let url = try await server.start()
        try await server.stop()
        let subscription = subscribe(url, FeedQuery(since: .beginning))
        let hasFailed = Mutex(false)
        async let updates = subscription.updates {
            if case .state(.waiting) = $0 { hasFailed.withLock { $0 = true } }
            return $0 == .state(.live)
        }
        try await eventually("the first attempt fails") { hasFailed.withLock { $0 } }
        try await server.start(port: url.port)
        let all = try await updates
        #expect(all.eventNumbers == [1, 2, 3])
        #expect(all.reasons.first?.contains("refused") == true)
        try await server.stop()
    }

    @Test("a link that falls silent is cut and taken up where it was")
    func halfOpenLink() async throws {
        let server = ScriptedServer { request in
            request.connection == 1
                ? .feed(Feed.replay(after: 0, upTo: 2, pingInterval: 40)) : .feed(Feed.replay(after: 2, upTo: 3))
        }
        let updates = try await subscribe(server.start(), FeedQuery(since: .beginning)).updates {
            $0 == .event(Feed.event(3))
        }
        #expect(updates.reasons.first?.contains("nothing was heard") == true)
        #expect(server.requests.last?.parameter("since") == "2-1234abcd")
        #expect(updates.eventNumbers == [1, 2, 3])
        try await server.stop()
    }

    @Test("a WebSocket ping is a sign of life")
    func ping() async throws {
        let server = ScriptedServer { _ in .feed(Feed.replay(after: 0, upTo: 0, pingInterval: 100)) }
        let url = try await server.start()
        // It is pinged whenever it is stale. Should a ping be late the link is cut, and the next one has its turn; but
        // only a sign of life leads from stale to live without another connection.
        let previous = Mutex<FeedUpdate?>(nil)
        let updates = try await subscribe(url).updates { update in
            if update == .state(.stale) {
                server.send(ByteBuffer(bytes: [0x89, 0x00]), onConnection: server.requests.count)
            }
            return previous.withLock { previous in
                defer { previous = update }
                return previous == .state(.stale) && update == .state(.live)
            }
        }
        #expect(updates.states.suffix(2) == [.stale, .live])
        try await server.stop()
    }

    @Test("who stops listening closes with 1000")
    func cancellation() async throws {
        let server = ScriptedServer { _ in .feed(Feed.replay(after: 0, upTo: 0)) }
        let subscription = subscribe(try await server.start())
        let isLive = Latch()
        let task = Task {
            for await update in subscription where update == .state(.live) { isLive.set() }
        }
        try await eventually("the link is live") { isLive.isSet }
        task.cancel()
        await task.value
        try await eventually("the server hears why") { server.closeCode(ofConnection: 1) == 1000 }
        try await server.stop()
    }

    @Test("while its owner is slow nothing more is read, and then nothing is missing")
    func backPressure() async throws {
        let total: Int64 = 600
        let body = String(repeating: "x", count: 60_000)
        let server = ScriptedServer { _ in
            var bytes = Feed.replay(after: 0, upTo: 0)
            for seq in 1...total { bytes.writeImmutableBuffer(Feed.frame([Feed.event(seq, body: body)])) }
            return .feed(bytes)
        }
        let iterator = subscribe(try await server.start(), FeedQuery(since: .beginning)).makeAsyncIterator()
        while let update = await iterator.next(), update != .state(.live) {}
        // Without back-pressure this would settle at nothing.
        var unsent = (bytes: -1, times: 0)
        try await eventually("the server can't send any more", within: .seconds(60)) {
            let bytes = try await server.unsentBytes(ofConnection: 1)
            unsent = bytes == unsent.bytes ? (bytes, unsent.times + 1) : (bytes, 0)
            return unsent.times == 40
        }
        #expect(unsent.bytes > 0)
        var numbers: [Int64] = []
        while numbers.count < Int(total), let update = await iterator.next() {
            if case .event(let event) = update { numbers.append(event.cursor.seq) }
        }
        #expect(numbers == Array(1...total))
        try await server.stop()
    }
}

/// What a server may answer that has nothing to do with the feed.
enum Nonsense: CaseIterable {
    case noHTTP, nothing, page, wrongKey, noSubprotocol, binaryText, noJSON, noEvent, reservedBits, unknownOpcode,
        masked, binary, tooLong

    var answer: ScriptedServer.Answer {
        switch self {
        case .noHTTP: .bytes("SSH-2.0-OpenSSH_9.2\r\n")
        case .nothing: .hangUp
        case .page: .http(200, headers: ["Content-Type": "text/html"], body: "<html></html>")
        case .wrongKey:
            .bytes(
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    + "Sec-WebSocket-Accept: c29tZXRoaW5nIGVsc2U=\r\nSec-WebSocket-Protocol: articles.v1\r\n\r\n")
        case .noSubprotocol: .feed(Feed.replay(after: 0, upTo: 0), subprotocol: nil)
        case .binaryText: .feed(WebSocketFrames.text([0xFF, 0xFE]))
        case .noJSON: .feed(WebSocketFrames.text(Array("hello".utf8)))
        case .noEvent: .feed(WebSocketFrames.text(Array(#"[{"model":"x"}]"#.utf8)))
        case .reservedBits: .feed(ByteBuffer(bytes: [0xC1, 0x00]))
        case .unknownOpcode: .feed(ByteBuffer(bytes: [0x83, 0x00]))
        case .masked: .feed(ByteBuffer(bytes: [0x81, 0x82, 0, 0, 0, 0, 0x5B, 0x5D]))
        case .binary: .feed(ByteBuffer(bytes: [0x82, 0x02, 0x5B, 0x5D]))
        // The header of a frame of 1 GiB.
        case .tooLong: .feed(ByteBuffer(bytes: [0x81, 0x7F, 0, 0, 0, 0, 0x40, 0, 0, 0]))
        }
    }
}

/// Something that happened, or not yet.
final class Latch: Sendable {
    private let state = Mutex(false)

    var isSet: Bool { state.withLock { $0 } }

    func set() { state.withLock { $0 = true } }
}
