import Histogram
import Testing

@testable import articlesctl

@Suite("What a load counts")
struct LoadFiguresTests {
    /// Takes articles by number, and by place where there is one.
    private func tally(_ numbers: [UInt64], places: [UInt64]? = nil) -> (SubscriptionTally, kept: [Bool]) {
        let window = UnsafeMutablePointer<UInt64>.allocate(capacity: 2)
        window.initialize(repeating: .max, count: 2)
        defer { window.deallocate() }
        var tally = SubscriptionTally(window: window, size: 128)
        let kept = numbers.enumerated().map { index, number in
            tally.take(Marker.Delivery(seq: number, time: 1, place: places?[index] ?? 0, nonce: places == nil ? 0 : 7))
        }
        return (tally, kept)
    }

    @Test("what comes once and in order is neither lost nor doubled nor reordered")
    func inOrder() {
        let (tally, kept) = tally(Array(1...1000))
        #expect(kept.allSatisfy { $0 })
        #expect((tally.unique, tally.duplicated, tally.reordered) == (1000, 0, 0))
    }

    @Test("what comes again is a double, and counts once")
    func doubles() {
        let (tally, kept) = tally([1, 2, 2, 1, 3])
        #expect(kept == [true, true, false, false, true])
        #expect((tally.unique, tally.duplicated, tally.reordered) == (3, 2, 0))
    }

    @Test("the order is that of the server's places, where there are any")
    func order() {
        #expect(tally([2, 1, 3]).0.reordered == 1)
        #expect(tally([2, 1, 3], places: [10, 11, 12]).0.reordered == 0)
        #expect(tally([1, 2, 3], places: [10, 12, 11]).0.reordered == 1)
    }

    @Test("what has left the window is late, and a gap larger than it does no harm")
    func window() {
        let (tally, kept) = tally([1, 500, 2, 501, 1, 2])
        #expect((tally.unique, tally.duplicated, tally.reordered) == (4, 2, 1))
        #expect(kept == [true, true, true, true, false, false])
    }

    private func set(_ numbers: some Sequence<UInt64>) -> NumberSet {
        var set = NumberSet()
        for number in numbers { set.insert(number) }
        return set
    }

    @Test("what is lost is what should have come and did not, whatever else came")
    func lost() {
        let stored = set([1, 2, 3, 5])
        func lost(_ numbers: [UInt64]) -> Int {
            let window = UnsafeMutablePointer<UInt64>.allocate(capacity: 2)
            window.initialize(repeating: .max, count: 2)
            defer { window.deallocate() }
            var tally = SubscriptionTally(window: window, size: 128)
            for number in numbers { _ = tally.take(Marker.Delivery(seq: number, time: 1, place: 0, nonce: 0)) }
            return tally.lost(of: stored)
        }
        #expect(lost([]) == 4)
        #expect(lost([1, 2, 3, 5]) == 0)
        // As many as were promised, but one that was not among them.
        #expect(lost([1, 2, 4, 5]) == 1)
        #expect(lost([1, 2, 4, 5, 3]) == 0)
        #expect(lost([1, 2, 3, 5, 1000]) == 0)
        #expect(lost([2, 1000, 1, 2, 5]) == 1)
    }

    @Test("losses are counted as a plain set counts them, for any window, order and gap")
    func lostAtRandom() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<300 {
            let words = [1, 2, 4].randomElement(using: &random) ?? 1
            let window = UnsafeMutablePointer<UInt64>.allocate(capacity: words)
            window.initialize(repeating: .max, count: words)
            defer { window.deallocate() }
            var tally = SubscriptionTally(window: window, size: words * 64)
            let (most, share) = (UInt64.random(in: 1...1500), Double.random(in: 0...1))
            var seen: Set<UInt64> = []
            var next: UInt64 = 1
            var duplicated = 0
            while next <= most {
                let jitter = UInt64.random(in: 0...40)
                let number = Bool.random(using: &random) ? next : max(1, next &- min(jitter, next))
                if Double.random(in: 0...1) < share {
                    let isNew = tally.take(Marker.Delivery(seq: number, time: 1, place: 0, nonce: 0))
                    #expect(isNew == seen.insert(number).inserted)
                    duplicated += isNew ? 0 : 1
                }
                next += Int.random(in: 0..<40) == 0 ? UInt64.random(in: 1...300) : 1
            }
            let stored = Set((1...most).filter { _ in Bool.random(using: &random) })
            #expect(tally.lost(of: set(stored)) == stored.subtracting(seen).count)
            #expect((tally.unique, tally.duplicated) == (seen.count, duplicated))
        }
    }

    @Test("a set of numbers has those that were put into it, one by one or many at once")
    func numbers() {
        var numbers = set([1, 64, 4096, 1 << 40])
        #expect(numbers.count == 4 && numbers.last == 1 << 40)
        numbers.insert(60...130)
        #expect(numbers.count == 3 + 71)
        #expect(numbers.word(0) == 2 | .max << 60 && numbers.word(1) == .max && numbers.word(2) == 0b111)
        #expect(numbers.remove(64) && !numbers.remove(64) && !numbers.remove(500) && numbers.count == 73)
        #expect(numbers.shared(with: set([1, 2, 64, 65, 4096])) == 3)
        #expect(numbers.shared(with: NumberSet()) == 0)
    }

    @Test("two who saw the same have the same order, and others another")
    func orders() {
        #expect(tally([1, 2, 3]).0.order == tally([1, 2, 3]).0.order)
        #expect(tally([1, 2, 3]).0.order != tally([1, 3, 2]).0.order)
    }

    private func plan(_ schedule: LoadPlan.Schedule, publishers: Int = 2, count: Int? = nil) -> LoadPlan {
        LoadPlan(
            subscribers: 10, publishers: publishers, inFlight: 1, schedule: schedule,
            duration: 1_000_000_000, count: count, size: 64, slow: nil, storm: nil, threads: 1, connectRate: nil,
            connecting: 1, connectTimeout: 1, settle: 0, drain: 1, maxTime: nil, serverProcesses: [], receiveBuffer: 0)
    }

    @Test("publishers share a schedule, and one that is late sends for the time that it missed")
    func schedule() {
        var schedule = PublisherSchedule(plan(.fixedRate(10)))
        #expect(schedule.next(0, now: 0) == .send(seq: 1, intended: 0))
        #expect(schedule.next(0, now: 0) == .wait(until: 200_000_000))
        #expect(schedule.next(1, now: 0) == .wait(until: 100_000_000))
        #expect(schedule.next(1, now: 450_000_000) == .send(seq: 2, intended: 100_000_000))
        #expect(schedule.next(1, now: 450_000_000) == .send(seq: 4, intended: 300_000_000))
        #expect(schedule.next(1, now: 450_000_000) == .wait(until: 500_000_000))
        #expect(schedule.length == 300_000_000)
    }

    @Test("a schedule ends with its time or its count")
    func end() {
        var schedule = PublisherSchedule(plan(.fixedRate(10), publishers: 1, count: 2))
        #expect(schedule.next(0, now: 999_000_000) == .send(seq: 1, intended: 0))
        #expect(schedule.next(0, now: 999_000_000) == .send(seq: 2, intended: 100_000_000))
        #expect(schedule.next(0, now: 999_000_000) == .over)
        var loop = PublisherSchedule(plan(.closedLoop))
        #expect(loop.next(1, now: 5) == .send(seq: 1, intended: 5))
        #expect(loop.next(1, now: 1_000_000_000) == .over)
    }

    @Test("those chosen for a scenario are as many as were asked for", arguments: [0, 1, 3, 7, 10])
    func chosen(count: Int) {
        let plan = plan(.closedLoop)
        #expect((0..<10).filter { plan.isChosen($0, of: count) }.count == count)
    }

    @Test("loopback has as many addresses as are needed")
    func addresses() {
        let loopback = SourceAddresses(named: [], isLoopback: true)
        #expect(loopback.address(of: 0) == 0x7F00_0002 && loopback.address(of: 19_999) == 0x7F00_0002)
        #expect(loopback.address(of: 20_000) == 0x7F00_0003)
        #expect(SourceAddresses(named: [], isLoopback: false).address(of: 50_000) == 0)
        #expect(SourceAddresses.parse("127.0.0.9") == 0x7F00_0009)
        for text in ["127.0.0", "127.0.0.256", "::1", "1.2.3.4.5", ""] { #expect(SourceAddresses.parse(text) == nil) }
    }

    @Test("conditions name a figure, a relation and a limit")
    func conditions() throws {
        let conditions = try FailCondition.parse("p99>50ms, lost>0,p99.9>=2,rate<100,reordered!=0,max==1.5s")
        #expect(conditions.map(\.figure) == ["p99", "lost", "p999", "achieved_rate", "reordered", "max"])
        #expect(conditions.map(\.relation) == [.above, .above, .atLeast, .below, .different, .equal])
        // A bare number is seconds, as everywhere.
        #expect(conditions.map(\.limit) == [50, 0, 2000, 100, 0, 1500])
        for text in ["", "p99", "p99>", "p99>x", "x>1", "lost>1ms", ">1", "lost>0,"] {
            #expect(throws: FailCondition.Malformed.self) { try FailCondition.parse(text) }
        }
    }

    @Test("buckets have everything, from the least to the most")
    func buckets() {
        var histogram = Histogram<UInt64>(
            lowestDiscernibleValue: 1000, highestTrackableValue: LoadRecorder.longest,
            numberOfSignificantValueDigits: .three)
        #expect(LatencyBuckets(histogram, steps: 10).buckets.isEmpty)
        for value in stride(from: UInt64(1_000_000), through: 100_000_000, by: 1_000_000) { histogram.record(value) }
        let buckets = LatencyBuckets(histogram, steps: 10).buckets
        #expect(buckets.reduce(0) { $0 + $1.count } == 100)
        #expect(buckets.count <= 11 && zip(buckets, buckets.dropFirst()).allSatisfy { $0.to <= $1.from * 1.001 })
    }

    @Test(
        "times are written with three digits and the unit that fits",
        arguments: [(0.0123, "12.3 µs"), (1.5, "1.50 ms"), (99.96, "100.0 ms"), (1234.0, "1.23 s")])
    func times(milliseconds: Double, text: String) {
        #expect(Milliseconds.text(milliseconds) == text)
    }

    @Test("spans of time: a bare number is seconds")
    func spans() {
        let spans: [(String, UInt64)] = [
            ("2", 2_000_000_000), ("250ms", 250_000_000), ("5us", 5000), ("2m", 120_000_000_000),
        ]
        for (text, nanoseconds) in spans { #expect(TimeSpan(argument: text)?.nanoseconds == nanoseconds) }
        for text in ["", "ms", "-1", "soon", "1e30"] { #expect(TimeSpan(argument: text) == nil) }
    }
}
