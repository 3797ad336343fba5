import Histogram

/// The times and counts of one thread of a load; those of several are added up at the end.
struct LoadRecorder: Sendable {
    /// A slice of the run.
    struct Interval: Sendable {
        /// Articles that came in it, and that were acknowledged.
        var deliveries = 0
        var acknowledged = 0
        /// Of those that were to be sent in it.
        var latency = Histogram<UInt32>(
            lowestDiscernibleValue: 1000, highestTrackableValue: LoadRecorder.longest,
            numberOfSignificantValueDigits: .two)
    }

    /// An hour, in nanoseconds; what took longer counts as an hour.
    static let longest: UInt64 = 3_600_000_000_000

    /// From when an article was to be sent until it came: to those whom no scenario disturbed, and to the others.
    private(set) var latency = Self.histogram
    private(set) var disturbedLatency = Self.histogram
    /// From dialling until live.
    private(set) var connect = Self.histogram
    /// From being cut off until live again.
    private(set) var recovery = Self.histogram
    /// From sending an article until its answer.
    private(set) var answer = Self.histogram
    /// How late an article was sent.
    private(set) var lag = Self.histogram
    private(set) var intervals: [Interval]
    let intervalLength: UInt64
    /// Where the last times were, for the next ones are nearly always there too, and a division takes time.
    private var lastIntended = Slice()
    private var lastArrival = Slice()

    private struct Slice: Sendable {
        var index = 0
        var from: UInt64 = 0
        var to: UInt64 = 0
    }

    /// - Parameters:
    ///   - intervals: how many.
    ///   - intervalLength: in nanoseconds.
    init(intervals: Int, intervalLength: UInt64) {
        self.intervals = Array(repeating: Interval(), count: max(intervals, 1))
        self.intervalLength = max(intervalLength, 1)
    }

    private static var histogram: Histogram<UInt64> {
        Histogram(lowestDiscernibleValue: 1000, highestTrackableValue: longest, numberOfSignificantValueDigits: .three)
    }

    /// - Parameters: times in nanoseconds since the beginning.
    @inline(__always)
    mutating func delivered(intended: UInt64, at time: UInt64, isDisturbed: Bool) {
        let value = min(time > intended ? time - intended : 0, Self.longest)
        if isDisturbed {
            disturbedLatency.record(value)
        } else {
            latency.record(value)
            lastIntended = find(intended, lastIntended)
            intervals[lastIntended.index].latency.record(value)
        }
        lastArrival = find(time, lastArrival)
        intervals[lastArrival.index].deliveries += 1
    }

    @inline(__always)
    private func find(_ time: UInt64, _ last: Slice) -> Slice {
        if time >= last.from, time < last.to { return last }
        let index = index(time)
        let from = UInt64(index) * intervalLength
        return Slice(index: index, from: from, to: index == intervals.count - 1 ? .max : from + intervalLength)
    }

    @inline(__always)
    private func index(_ time: UInt64) -> Int {
        min(Int(truncatingIfNeeded: time / intervalLength), intervals.count - 1)
    }

    mutating func connected(after time: UInt64) { connect.record(min(time, Self.longest)) }
    mutating func recovered(after time: UInt64) { recovery.record(min(time, Self.longest)) }
    mutating func sent(late time: UInt64) { lag.record(min(time, Self.longest)) }

    mutating func acknowledged(after duration: UInt64, at time: UInt64) {
        answer.record(min(duration, Self.longest))
        intervals[index(time)].acknowledged += 1
    }

    /// An article was refused, or not; the answer took this long.
    mutating func answered(after duration: UInt64) { answer.record(min(duration, Self.longest)) }

    mutating func add(_ other: LoadRecorder) {
        latency.add(other.latency)
        disturbedLatency.add(other.disturbedLatency)
        connect.add(other.connect)
        recovery.add(other.recovery)
        answer.add(other.answer)
        lag.add(other.lag)
        for (index, interval) in other.intervals.enumerated() where index < intervals.count {
            intervals[index].deliveries += interval.deliveries
            intervals[index].acknowledged += interval.acknowledged
            intervals[index].latency.add(interval.latency)
        }
    }
}
