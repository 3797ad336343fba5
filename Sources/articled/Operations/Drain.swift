import Logging
import NIOCore
import ServiceLifecycle

/// Says goodbye to the subscribers when the daemon stops, not to all at once, and goes on when they are gone.
struct Drain: Service {
    let feed: FeedLog
    let connections: OpenConnections
    let readiness: Readiness
    let timeout: Live<TimeAmount>
    let logger: Logger

    /// How long each subscriber makes the goodbyes take: a thousand leave in a second.
    private static let spacing = TimeAmount.milliseconds(1)

    /// Over how long goodbyes are spread.
    ///
    /// - Parameter left: how long it is until who has not gone is cut off; half of it is for those who are slow to go.
    static func window(subscribers: Int, left: TimeAmount) -> TimeAmount {
        max(.zero, min(spacing * subscribers, .nanoseconds(left.nanoseconds / 2)))
    }

    /// How long before the end of the time for stopping what is left is cut off; subscribers go as much earlier, so that
    /// they are counted as what they are.
    static func margin(timeout: TimeAmount) -> TimeAmount {
        min(.milliseconds(300), .nanoseconds(timeout.nanoseconds / 4))
    }

    func run() async throws {
        // Ends with the graceful shutdown, which reaches this service after the one that listens.
        try await gracefulShutdown()
        await connections.saidWhatTheyWant()
        let cutOff = readiness.deadline - Self.margin(timeout: timeout.value) * 2
        await feed.drain(
            over: Self.window(subscribers: feed.subscriberCount, left: cutOff - .now()), deadline: cutOff)
        let abortedSubscribers = await feed.figures().abortedByDrain
        if abortedSubscribers > 0 {
            logger.warning(
                "Subscribers were cut off, for they had not gone in time; see --drain-timeout",
                metadata: ["subscribers": "\(abortedSubscribers)"])
        }
    }
}

/// Lets the writer end only when every request that has begun has been answered, and the answers have left, or their time
/// is over.
struct LastConnections: Service {
    let connections: OpenConnections

    func run() async throws {
        try await gracefulShutdown()
        await connections.untilNone()
    }
}
