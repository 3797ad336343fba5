import Synchronization
import Testing

@testable import articles_tui

@Suite struct EventQueueTests {
    @Test("events come out in order, and one wake-up announces many")
    func order() async {
        let wakes = Mutex(0)
        let queue = EventQueue { wakes.withLock { $0 += 1 } }
        for id in 1...10 { await queue.post(arrival(Int64(id))) }
        #expect(queue.takeAll() == (1...10).map { arrival(Int64($0)) })
        #expect(queue.takeAll() == [])
        #expect(wakes.withLock { $0 } == 1)
        await queue.post(arrival(11))
        #expect(wakes.withLock { $0 } == 2)
    }

    @Test("a full queue makes the feed wait, and loses nothing", .timeLimit(.minutes(1)))
    func backPressure() async {
        let queue = EventQueue(limit: 4) {}
        let posted = Mutex(0)
        async let posting: Void = {
            for id in 1...100 {
                await queue.post(arrival(Int64(id)))
                posted.withLock { $0 += 1 }
            }
        }()
        var taken: [Event] = []
        while taken.count < 100 {
            let events = queue.takeAll()
            #expect(events.count <= 4)
            taken += events
            await Task.yield()
        }
        await posting
        #expect(taken == (1...100).map { arrival(Int64($0)) })
    }
}
