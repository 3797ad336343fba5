import Logging
import NIOEmbedded
import Testing

@testable import articled

@Suite("Whether everything goes on")
struct PulseTests {
    private func pulse(_ loop: EmbeddedEventLoop) throws -> Pulse {
        let store = try SQLiteStore.inMemory()
        let feed = FeedLog(
            eventLoops: [loop], history: FeedHistory(), newestEvents: [],
            configuration: FanoutConfiguration(node: "n", server: "s"), reader: store)
        // Its writer does not run.
        let log = ArticleLog(store: store, feed: feed, limits: .init(), logger: Logger(label: "test"))
        return Pulse(eventLoops: [loop], log: log)
    }

    @Test("who has not answered is named until he has")
    func silence() throws {
        let loop = EmbeddedEventLoop()
        let pulse = try pulse(loop)
        #expect(pulse.beat() == [], "nobody was asked before")
        #expect(pulse.beat() == ["event loop 0", "the store's writer"])
        loop.run()
        #expect(pulse.beat() == ["the store's writer"])
        #expect(pulse.beat() == ["event loop 0", "the store's writer"])
    }
}
