import NIOCore

/// When a loop delivers: at once, but with as much time between deliveries as the last one took. So a busy loop has at
/// least half of its time for everything else, and what comes meanwhile leaves in one write, which is much cheaper.
struct DeliveryPace {
    /// After deliveries that took less than this there is nothing to be saved.
    static let negligible = TimeAmount.microseconds(200)
    /// The longest pause between deliveries.
    static let maxPause = TimeAmount.milliseconds(8)

    private var nextMoment = NIODeadline.uptimeNanoseconds(0)

    mutating func delivered(from start: NIODeadline, to end: NIODeadline) {
        let duration = end - start
        nextMoment = duration < Self.negligible ? end : end + min(duration, Self.maxPause)
    }

    /// When to deliver; `nil` means at once.
    func pauseEnd(at now: NIODeadline) -> NIODeadline? {
        nextMoment > now ? nextMoment : nil
    }
}
