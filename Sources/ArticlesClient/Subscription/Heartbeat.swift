/// When a silent link becomes suspect, and when it is given up.
struct Heartbeat {
    private static let shortest = Duration.milliseconds(10)
    private static let longest = Duration.seconds(3600)

    private var lastHeard = ContinuousClock.now

    /// How often the server promised to be heard. Whatever it says stays within what can be reckoned with.
    var interval = Duration.seconds(10) {
        didSet { interval = min(max(interval, Self.shortest), Self.longest) }
    }

    mutating func begin(at now: ContinuousClock.Instant) {
        lastHeard = now
    }

    var staleAt: ContinuousClock.Instant { lastHeard + interval * 5 / 2 }
    var deadAt: ContinuousClock.Instant { lastHeard + interval * 4 }
}
