import Core
import Logging
import NIOEmbedded
import Synchronization
import Testing

@testable import articled

@Suite("The way into the feed")
struct ArticleLogTests {
    /// A log whose writer does not run: what it takes stays in its queue.
    private func idleLog(_ limits: ArticleLog.Limits) throws -> ArticleLog {
        let store = try SQLiteStore.inMemory()
        let feed = FeedLog(
            eventLoops: [EmbeddedEventLoop()], history: FeedHistory(), newestEvents: [],
            configuration: FanoutConfiguration(node: "n", server: "s"), reader: store)
        return ArticleLog(store: store, feed: feed, limits: limits, logger: Logger(label: "test"))
    }

    /// Why each of the commands was turned away at once; `nil` for those that wait.
    private func refusals(_ log: ArticleLog, _ drafts: [ArticleDraft], key: String? = nil) -> [ServiceError?] {
        let refusals = Mutex([ServiceError?](repeating: nil, count: drafts.count))
        log.submit(
            drafts.enumerated().map { index, draft in
                let key = key.map { IdempotencyKey(name: $0, fingerprint: []) }
                return ArticleLog.Submission(command: .create(draft, by: publisher, key: key)) { outcome in
                    if case .refused(let error) = outcome { refusals.withLock { $0[index] = error } }
                }
            })
        return refusals.withLock { $0 }
    }

    private func draft(bytes: Int = 1) -> ArticleDraft {
        ArticleDraft(title: "t", body: String(repeating: "x", count: bytes))
    }

    @Test("what is beyond the queue's number is turned away, and told when to come again")
    func number() throws {
        let log = try idleLog(.init(commands: 2))
        let refusals = refusals(log, [draft(), draft(), draft()])
        #expect(refusals.map { $0?.code } == [nil, nil, .unavailable])
        #expect(refusals[2]?.retryAfter == 1)
    }

    @Test("what is beyond the queue's bytes is turned away; what is smaller still fits")
    func bytes() throws {
        let log = try idleLog(.init(bytes: 100))
        #expect(
            refusals(log, [draft(bytes: 60), draft(bytes: 60), draft(bytes: 20)]).map { $0?.code } == [
                nil, .unavailable, nil,
            ])
    }

    @Test("one that is larger than the queue is taken when it is alone")
    func large() throws {
        let log = try idleLog(.init(bytes: 100))
        #expect(refusals(log, [draft(bytes: 500), draft()]).map { $0?.code } == [nil, .unavailable])
    }

    @Test("the same key again, while the first waits, is a conflict")
    func key() throws {
        let log = try idleLog(.init())
        #expect(refusals(log, [draft(), draft()], key: "k").map { $0?.code } == [nil, .conflict])
    }
}
