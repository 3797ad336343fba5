import ServiceLifecycle
import Synchronization

/// Whether new work should be sent here.
final class Readiness: Service {
    private let draining = Atomic<Bool>(false)

    var isDraining: Bool { draining.load(ordering: .relaxed) }

    /// Notices the graceful shutdown as soon as it begins.
    func run() async throws {
        try await gracefulShutdown()
        draining.store(true, ordering: .relaxed)
    }
}
