import Core
import Testing

@testable import ArticlesClient

@Suite("Gaps in a subscription")
struct SubscriptionGapTests {
    private let origin = ContinuousClock.now
    /// Another writer's history.
    private let other: UInt32 = 0xFFFF_0000

    private func updates(_ actions: [SubscriptionMachine.Action]) -> [FeedUpdate] {
        actions.compactMap { if case .emit(let update) = $0 { update } else { nil } }
    }

    private func receive(_ machine: inout SubscriptionMachine, _ frames: FeedFrame...) -> [FeedUpdate] {
        frames.flatMap { updates(machine.received($0, at: origin)) }
    }

    /// Breaks the connection and makes another; returns what the new one asked to continue after.
    @discardableResult
    private func reconnect(_ machine: inout SubscriptionMachine) -> Cursor? {
        _ = machine.closed(.failed(reason: "broke"), at: origin)
        let since = machine.waited().compactMap { if case .dial(let query) = $0 { query.since } else { nil } }.first
        _ = machine.connected(at: origin)
        return since
    }

    private func connected(since: Cursor? = nil) -> SubscriptionMachine {
        var machine = SubscriptionMachine(FeedQuery(since: since)) { $0.lowerBound }
        _ = machine.start()
        _ = machine.connected(at: origin)
        return machine
    }

    private func live(at seq: Int64) -> SubscriptionMachine {
        var machine = connected(since: Feed.cursor(seq))
        _ = receive(&machine, .control(Feed.hello(seq)), .control(.live(cursor: Feed.cursor(seq))))
        return machine
    }

    @Test("a snapshot is given to the owner only when the link goes on behind it, so that it comes once")
    func heldSnapshot() {
        var machine = connected()
        let snapshot = [Feed.event(4), Feed.event(5)]
        #expect(receive(&machine, .control(Feed.hello(5)), .events(snapshot)).isEmpty)
        #expect(reconnect(&machine) == nil)
        #expect(
            receive(&machine, .control(Feed.hello(5)), .events(snapshot), .control(.live(cursor: Feed.cursor(5))))
                == [.snapshot(snapshot), .caughtUp(Feed.cursor(5)), .state(.live)])
    }

    @Test("a second snapshot without a place to resume from is marked as a gap")
    func secondSnapshot() {
        var machine = connected()
        #expect(
            receive(&machine, .control(Feed.hello(5)), .events([Feed.event(5)]), .events([Feed.event(6)]))
                == [.snapshot([Feed.event(5)]), .event(Feed.event(6))])
        #expect(reconnect(&machine) == nil)
        #expect(
            receive(
                &machine, .control(Feed.hello(90)), .events([Feed.event(90)]), .control(.live(cursor: Feed.cursor(90))))
                == [.reset(reason: .trimmed), .snapshot([Feed.event(90)]), .caughtUp(Feed.cursor(90)), .state(.live)])
    }

    @Test("until live the place is kept that was had before the reset")
    func placeBeforeReset() {
        var machine = live(at: 40)
        reconnect(&machine)
        let reset = FeedFrame.control(.reset(reason: .trimmed, oldest: Feed.cursor(60)))
        #expect(
            receive(&machine, .control(Feed.hello(70)), reset, .events([Feed.event(70)]))
                == [.reset(reason: .trimmed)])
        #expect(reconnect(&machine) == Feed.cursor(40))
        #expect(
            receive(
                &machine, .control(Feed.hello(71)), reset, .events([Feed.event(71)]),
                .control(.live(cursor: Feed.cursor(71))))
                == [.snapshot([Feed.event(71)]), .caughtUp(Feed.cursor(71)), .state(.live)],
            "the owner heard of the gap before and got nothing since")
        #expect(machine.resumePoint == Feed.cursor(71))
    }

    @Test("a reset on an open link is told, with the snapshot that follows")
    func resetWhileLive() {
        var machine = live(at: 10)
        #expect(
            receive(
                &machine, .control(.reset(reason: .forked, oldest: .beginning)), .events([Feed.event(3, nonce: other)]),
                .control(.live(cursor: Feed.cursor(3, other))), .events([Feed.event(4, nonce: other)]))
                == [
                    .state(.catchingUp), .reset(reason: .forked), .snapshot([Feed.event(3, nonce: other)]),
                    .caughtUp(Feed.cursor(3, other)), .state(.live), .event(Feed.event(4, nonce: other)),
                ])
    }

    @Test("other events under the numbers of those passed on are another history, not repetitions")
    func otherHistory() {
        var machine = live(at: 10)
        reconnect(&machine)
        // The replay breaks off, and the server comes back from a backup that ended at 11.
        #expect(receive(&machine, .control(Feed.hello(13)), .events([11, 12, 13].map { Feed.event($0) })).count == 3)
        #expect(reconnect(&machine) == Feed.cursor(10))
        #expect(
            receive(
                &machine, .control(Feed.hello(12, nonce: other)),
                .events([Feed.event(11), Feed.event(12, nonce: other)]),
                .control(.live(cursor: Feed.cursor(12, other))))
                == [
                    .reset(reason: .forked), .event(Feed.event(12, nonce: other)), .caughtUp(Feed.cursor(12, other)),
                    .state(.live),
                ])
    }

    @Test("a new term within one history is no gap, also when its events come again")
    func newTerm() {
        var machine = live(at: 10)
        reconnect(&machine)
        let events = [Feed.event(11), Feed.event(12), Feed.event(13, nonce: other), Feed.event(14, nonce: other)]
        #expect(receive(&machine, .control(Feed.hello(14, nonce: other)), .events(events)).count == 4)
        reconnect(&machine)
        #expect(
            receive(
                &machine, .control(Feed.hello(14, nonce: other)), .events(events),
                .control(.live(cursor: Feed.cursor(14, other))))
                == [.caughtUp(Feed.cursor(14, other)), .state(.live)])
    }

    @Test("a place that was asked for and can't be continued is told before the first article")
    func resetAtTheStart() {
        var machine = connected(since: Feed.cursor(3))
        #expect(
            receive(
                &machine, .control(Feed.hello(70)), .control(.reset(reason: .trimmed, oldest: Feed.cursor(60))),
                .events([Feed.event(70)]), .control(.live(cursor: Feed.cursor(70)))
            ).first == .reset(reason: .trimmed))
    }

    @Test("redirects and pages are no final refusals", arguments: [200, 301, 302])
    func strangeAnswers(status: Int) {
        var machine = SubscriptionMachine(FeedQuery()) { $0.lowerBound }
        _ = machine.start()
        #expect(!machine.closed(.refused(status: status, reason: "r", retryAfter: nil), at: origin).contains(.end))
    }

    @Test("whatever interval the server claims can be reckoned with", arguments: [Int.min, -1, 0, Int.max])
    func absurdPingInterval(milliseconds: Int) {
        var machine = connected()
        let actions = machine.received(.control(Feed.hello(1, pingInterval: milliseconds)), at: origin)
        guard case .watch(let until) = actions.last else {
            Issue.record("no watch was set")
            return
        }
        #expect(until > origin && until <= origin + .seconds(3 * 3600))
    }

    @Test("after an owner who was slow reads on, the silence before does not count")
    func readingOn() {
        var machine = live(at: 1)
        let later = origin + .seconds(24)
        #expect(machine.heard(at: later).isEmpty)
        #expect(
            machine.watched(at: origin + .seconds(25), isPaused: false) == [.watch(until: later + .seconds(25))])
    }
}
