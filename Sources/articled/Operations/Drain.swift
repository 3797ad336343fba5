import NIOCore
import ServiceLifecycle

/// Says goodbye to the subscribers when the daemon stops, and lets it stop only when they are gone.
struct Drain: Service {
    let feed: FeedLog
    let timeout: Live<TimeAmount>

    func run() async throws {
        // Ends with the graceful shutdown, which reaches this service after the one that listens.
        try await gracefulShutdown()
        await feed.drain(deadline: .now() + timeout.value)
    }
}
