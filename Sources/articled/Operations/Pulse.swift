import NIOCore
import Synchronization

/// Asks all that must go on whether it does: every event loop, and the thread that writes.
final class Pulse: Sendable {
    /// One of them.
    private final class Part: Sendable {
        let name: String
        /// Calls back from where the work is done.
        let ask: @Sendable (@escaping @Sendable () -> Void) -> Void
        let isSilent = Atomic(false)

        init(_ name: String, ask: @escaping @Sendable (@escaping @Sendable () -> Void) -> Void) {
            self.name = name
            self.ask = ask
        }
    }

    private let parts: [Part]

    init(eventLoops: [any EventLoop], log: ArticleLog) {
        parts =
            eventLoops.enumerated().map { number, eventLoop in
                Part("event loop \(number)") { answer in eventLoop.execute(answer) }
            } + [Part("the store's writer") { answer in log.whenReached(answer) }]
    }

    /// Asks everybody, and returns the names of those who have not answered what they were asked the last time.
    func beat() -> [String] {
        parts.filter { part in
            if part.isSilent.exchange(true, ordering: .acquiringAndReleasing) { return true }
            part.ask { part.isSilent.store(false, ordering: .releasing) }
            return false
        }.map(\.name)
    }
}
