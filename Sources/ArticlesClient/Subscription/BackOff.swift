/// How long to wait before the next attempt: exponential with full jitter, so that the many clients of a server that
/// restarted do not come back at once.
struct BackOff {
    static let shortest = Duration.milliseconds(250)
    static let longest = Duration.seconds(30)

    /// A number out of a range, evenly spread.
    let random: (ClosedRange<Double>) -> Double

    /// - Parameter attempt: how many attempts have failed in a row; 0 if a link that had been live broke.
    func pause(afterAttempt attempt: Int) -> Duration {
        let doublings = min(max(attempt - 1, 0), 16)
        return min(Self.longest, Self.shortest * (1 << doublings)) * random(0...1)
    }
}
