import Core
import Testing

@testable import ArticlesClient

private let origin = ContinuousClock.now
private let term: UInt32 = 7

private func cursor(_ seq: Int64, _ nonce: UInt32 = term) -> Cursor { Cursor(seq: seq, nonce: nonce) }

private func event(_ seq: Int64, id: Int64? = nil, nonce: UInt32 = term) -> FeedEvent {
    FeedEvent(
        created: Article(
            id: id ?? seq, title: "t\(seq)", body: "", topic: "news", author: "a", published: Timestamp(milliseconds: 0)
        ),
        cursor: cursor(seq, nonce))
}

private func hello(_ seq: Int64, pingMilliseconds: Int = 1000, nonce: UInt32 = term) -> FeedFrame {
    .control(.hello(node: "n", cursor: cursor(seq, nonce), last: 5, pingInterval: pingMilliseconds, server: "s"))
}

extension SubscriptionMachine {
    fileprivate mutating func receive(_ frames: FeedFrame...) -> [Action] {
        frames.flatMap { received($0, at: origin) }
    }

    /// A machine whose link is live at a place.
    fileprivate static func live(at seq: Int64) -> SubscriptionMachine {
        var machine = SubscriptionMachine(FeedQuery()) { $0.upperBound }
        _ = machine.start()
        _ = machine.connected(at: origin)
        _ = machine.receive(hello(seq), .control(.live(cursor: cursor(seq))))
        return machine
    }
}

private func updates(_ actions: [SubscriptionMachine.Action]) -> [FeedUpdate] {
    actions.compactMap { if case .emit(let update) = $0 { update } else { nil } }
}

private func events(_ actions: [SubscriptionMachine.Action]) -> [Int64] {
    updates(actions).compactMap { if case .event(let event) = $0 { event.cursor.seq } else { nil } }
}

private func wait(_ actions: [SubscriptionMachine.Action]) -> Duration? {
    actions.compactMap { if case .wait(let until) = $0 { until - origin } else { nil } }.first
}

private func dialled(_ actions: [SubscriptionMachine.Action]) -> FeedQuery? {
    actions.compactMap { if case .dial(let query) = $0 { query } else { nil } }.first
}

@Suite("The life of a subscription")
struct SubscriptionMachineTests {
    @Test("first comes the snapshot, then live events")
    func beginning() {
        var machine = SubscriptionMachine(FeedQuery(last: 2))
        #expect(machine.start() == [.emit(.state(.connecting(attempt: 1))), .dial(FeedQuery(last: 2))])
        _ = machine.connected(at: origin)
        let actions = machine.receive(
            hello(4), .events([event(2), event(4)]), .control(.live(cursor: cursor(4))), .events([event(5)]))
        #expect(
            updates(actions) == [
                .snapshot([event(2), event(4)]), .caughtUp(cursor(4)), .state(.live), .event(event(5)),
            ])
    }

    @Test("a snapshot's cursors are no places to resume from")
    func snapshotCursor() {
        var machine = SubscriptionMachine(FeedQuery(), random: { $0.lowerBound })
        _ = machine.start()
        _ = machine.connected(at: origin)
        _ = machine.receive(hello(9), .events([event(2), event(4)]))
        #expect(machine.resumePoint == nil)
        _ = machine.closed(.failed(reason: "x"), at: origin)
        #expect(dialled(machine.waited())?.since == nil)
    }

    @Test("events that arrive between snapshot and live are passed on once")
    func eventsBehindTheCut() {
        var machine = SubscriptionMachine(FeedQuery())
        _ = machine.start()
        _ = machine.connected(at: origin)
        let actions = machine.receive(
            hello(4), .events([event(3), event(4)]), .events([event(5)]), .control(.live(cursor: cursor(5))))
        #expect(updates(actions).contains(.snapshot([event(3), event(4)])))
        #expect(events(actions) == [5])
    }

    @Test("with an empty snapshot what comes behind the cut is an event")
    func emptySnapshot() {
        var machine = SubscriptionMachine(FeedQuery(last: 0))
        _ = machine.start()
        _ = machine.connected(at: origin)
        #expect(events(machine.receive(hello(4), .events([event(5)]))) == [5])
    }

    @Test("live, events and pings move the place to resume from")
    func resumePoints() {
        var machine = SubscriptionMachine.live(at: 4)
        #expect(machine.resumePoint == cursor(4))
        _ = machine.receive(.events([event(5)]))
        #expect(machine.resumePoint == cursor(5))
        _ = machine.receive(.control(.ping(cursor: cursor(9))))
        #expect(machine.resumePoint == cursor(9))
        _ = machine.closed(.failed(reason: "x"), at: origin)
        #expect(dialled(machine.waited())?.since == cursor(9))
    }

    @Test("a replay that was interrupted is not passed on twice")
    func interruptedReplay() {
        var machine = SubscriptionMachine.live(at: 4)
        _ = machine.closed(.failed(reason: "x"), at: origin)
        _ = machine.waited()
        _ = machine.connected(at: origin)
        #expect(events(machine.receive(hello(8), .events([event(5), event(6)]))) == [5, 6])
        _ = machine.closed(.failed(reason: "x"), at: origin)
        #expect(dialled(machine.waited())?.since == cursor(4))
        _ = machine.connected(at: origin)
        let again = machine.receive(
            hello(8), .events([event(5), event(6)]), .events([event(7), event(8)]), .control(.live(cursor: cursor(8))))
        #expect(events(again) == [7, 8])
    }

    @Test("a reset is told, and what follows is taken as another history")
    func reset() {
        var machine = SubscriptionMachine.live(at: 40)
        _ = machine.closed(.failed(reason: "x"), at: origin)
        _ = machine.waited()
        _ = machine.connected(at: origin)
        let actions = machine.receive(
            hello(3, nonce: 8), .control(.reset(reason: .forked, oldest: .beginning)), .events([event(3, nonce: 8)]),
            .control(.live(cursor: cursor(3, 8))), .events([event(4, nonce: 8)]))
        #expect(updates(actions).contains(.reset(reason: .forked)))
        #expect(updates(actions).contains(.snapshot([event(3, nonce: 8)])))
        #expect(events(actions) == [4])
        #expect(machine.resumePoint == cursor(4, 8))
    }

    @Test(
        "closes that a retry can mend are retried",
        arguments: [1000, 1001, 1005, 1006, 1011, 1012, 1013, 4000] as [UInt16])
    func retryable(code: UInt16) {
        var machine = SubscriptionMachine.live(at: 1)
        #expect(wait(machine.closed(.closed(code: code, reason: ""), at: origin)) != nil)
    }

    @Test("closes that a retry can't mend end the subscription", arguments: [1002, 1003, 1007, 1008] as [UInt16])
    func final(code: UInt16) {
        var machine = SubscriptionMachine.live(at: 1)
        #expect(machine.closed(.closed(code: code, reason: "why"), at: origin).last == .end)
    }

    @Test("being slow can be mended")
    func slow() {
        var machine = SubscriptionMachine.live(at: 1)
        _ = machine.receive(.control(.bye(reason: .slow, retryAfter: 700)))
        let pause = wait(machine.closed(.closed(code: 1008, reason: "slow"), at: origin))
        #expect(pause.map { $0 >= .milliseconds(700) } == true)
    }

    @Test(
        "refusals are retried if the server may change its mind",
        arguments: [(401, false), (403, false), (404, false), (400, false), (429, true), (500, true), (503, true)])
    func refusals(status: Int, isRetried: Bool) {
        var machine = SubscriptionMachine(FeedQuery())
        _ = machine.start()
        let actions = machine.closed(.refused(status: status, reason: "r", retryAfter: nil), at: origin)
        #expect((wait(actions) != nil) == isRetried)
        #expect(actions.contains(.end) == !isRetried)
    }

    @Test("Retry-After and retry_ms are honoured")
    func floors() {
        var machine = SubscriptionMachine(FeedQuery(), random: { $0.lowerBound })
        _ = machine.start()
        #expect(wait(machine.closed(.refused(status: 503, reason: "", retryAfter: 3), at: origin)) == .seconds(3))
    }

    @Test("back-off doubles up to thirty seconds, and begins anew once live")
    func backOff() {
        var machine = SubscriptionMachine(FeedQuery(), random: { $0.upperBound })
        var pauses: [Duration?] = []
        _ = machine.start()
        for _ in 0..<9 {
            pauses.append(wait(machine.closed(.failed(reason: "x"), at: origin)))
            _ = machine.waited()
        }
        #expect(pauses == [0.25, 0.5, 1, 2, 4, 8, 16, 30, 30].map { Duration.seconds($0) })
        _ = machine.connected(at: origin)
        _ = machine.receive(hello(1), .control(.live(cursor: cursor(1))))
        #expect(wait(machine.closed(.failed(reason: "x"), at: origin)) == .milliseconds(250))
    }

    @Test("after ten minutes without a server it goes on where it was, and nothing is missing or twice")
    func tenMinutes() {
        var machine = SubscriptionMachine.live(at: 3)
        #expect(events(machine.receive(.events([event(4), event(5)]))) == [4, 5])
        var now = origin
        var attempts = 0
        var actions = machine.closed(.failed(reason: "gone"), at: now)
        while now < origin + .seconds(600) {
            now = origin + (wait(actions) ?? .zero)
            attempts += 1
            #expect(dialled(machine.waited())?.since == cursor(5))
            actions = machine.closed(.failed(reason: "nothing is listening there"), at: now)
        }
        // Half a minute between tries, once they have become rare.
        #expect((20...40).contains(attempts))
        now = origin + (wait(actions) ?? .zero)
        #expect(dialled(machine.waited())?.since == cursor(5))
        _ = machine.connected(at: now)
        let missed = machine.receive(hello(8), .events([event(6), event(7)]), .events([event(8)]))
        #expect(events(missed) == [6, 7, 8])
        #expect(updates(machine.receive(.control(.live(cursor: cursor(8))))) == [.caughtUp(cursor(8)), .state(.live)])
    }

    @Test("silence makes the link stale, then dead; a frame makes it live again")
    func silence() {
        var machine = SubscriptionMachine.live(at: 1)
        #expect(
            machine.watched(at: origin + .milliseconds(2400), isPaused: false) == [
                .watch(until: origin + .milliseconds(2500))
            ])
        let stale = machine.watched(at: origin + .milliseconds(2500), isPaused: false)
        #expect(stale == [.emit(.state(.stale)), .watch(until: origin + .milliseconds(4000))])
        let awake = machine.received(.control(.ping(cursor: cursor(1))), at: origin + .milliseconds(3000))
        #expect(updates(awake).first == .state(.live))
        #expect(machine.watched(at: origin + .milliseconds(7000), isPaused: false) == [.drop])
    }

    @Test("silence is no fault of the server's while we are not reading")
    func paused() {
        var machine = SubscriptionMachine.live(at: 1)
        #expect(
            machine.watched(at: origin + .seconds(60), isPaused: true) == [
                .watch(until: origin + .milliseconds(62_500))
            ])
    }

    @Test("whatever connections do, every event is passed on once and in order")
    func randomDisconnects() {
        for seed in 0..<300 {
            var random = SeededGenerator(seed: UInt64(seed))
            var machine = SubscriptionMachine(FeedQuery(last: 0)) { $0.upperBound }
            _ = machine.start()
            var seen: [Int64] = []
            var newest: Int64 = 10
            _ = machine.connected(at: origin)
            seen += events(machine.receive(hello(10), .control(.live(cursor: cursor(10)))))
            for _ in 0..<12 {
                newest += 1
                seen += events(machine.receive(.events([event(newest)])))
                guard Bool.random(using: &random) else { continue }
                _ = machine.closed(.failed(reason: "x"), at: origin)
                newest += Int64.random(in: 0...4, using: &random)
                let since = dialled(machine.waited())?.since?.seq ?? -1
                _ = machine.connected(at: origin)
                seen += events(machine.receive(hello(newest)))
                // The replay may break off anywhere.
                let missed = Array(since + 1..<newest + 1)
                let sent = missed.prefix(Int.random(in: 0...missed.count, using: &random))
                for seq in sent { seen += events(machine.receive(.events([event(seq)]))) }
                if sent.count < missed.count {
                    _ = machine.closed(.failed(reason: "x"), at: origin)
                    let again = dialled(machine.waited())?.since?.seq ?? -1
                    _ = machine.connected(at: origin)
                    _ = machine.receive(hello(newest))
                    if again < newest {
                        seen += events(machine.receive(.events((again + 1...newest).map { event($0) })))
                    }
                }
                _ = machine.receive(.control(.live(cursor: cursor(newest))))
            }
            #expect(seen == Array(11..<newest + 1), "seed \(seed)")
        }
    }
}

/// The same numbers for the same seed.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed &+ 0x9E37_79B9_7F4A_7C15
    }

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }
}
