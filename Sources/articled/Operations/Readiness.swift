import NIOCore
import ServiceLifecycle
import Synchronization

/// Whether new work should be sent here, and once the daemon stops, by when it must have ended.
///
/// Stopped before everything else.
final class Readiness: Service {
    private let draining = Atomic<Bool>(false)
    private let end = Atomic<UInt64>(.max)
    private let delay: TimeAmount
    private let timeout: Live<TimeAmount>
    private let onStopping: @Sendable (NIODeadline) -> Void

    /// - Parameters:
    ///   - delay: how long it is said that the daemon stops before it does.
    ///   - timeout: how long stopping may take after that.
    ///   - onStopping: called as soon as the daemon begins to stop, with the moment at which it must have ended.
    init(delay: TimeAmount, timeout: Live<TimeAmount>, onStopping: @escaping @Sendable (NIODeadline) -> Void) {
        self.delay = delay
        self.timeout = timeout
        self.onStopping = onStopping
    }

    var isDraining: Bool { draining.load(ordering: .relaxed) }

    /// When nobody must be connected any more; far away before the daemon begins to stop.
    var deadline: NIODeadline { .uptimeNanoseconds(min(end.load(ordering: .relaxed), UInt64(Int64.max))) }

    func run() async throws {
        try await gracefulShutdown()
        let end = NIODeadline.now() + delay + timeout.value
        self.end.store(end.uptimeNanoseconds, ordering: .relaxed)
        draining.store(true, ordering: .relaxed)
        onStopping(end)
        if delay > .zero {
            // Only a task that is cancelled wakes earlier, and then there is nothing to wait for.
            try? await Task.sleep(for: Duration(delay))
        }
    }
}
