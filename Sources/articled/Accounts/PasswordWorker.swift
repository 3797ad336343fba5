import Core
import Dispatch
import Synchronization

/// Hashes passwords on a thread of its own, one at a time: each takes tens of megabytes, and strangers can ask for it.
final class PasswordWorker: Sendable {
    private let queue = DispatchQueue(label: "passwords", qos: .utility)
    private let waiting = Atomic<Int>(0)
    /// What may wait; whoever comes then is told to come again.
    private static let maxWaiting = 64

    /// Passwords that are being checked, or wait for it.
    var waitingCount: Int { waiting.load(ordering: .relaxed) }

    /// Runs the work and returns what it returns.
    ///
    /// - Throws: ``ServiceError`` `unavailable` if too many are waiting, or what the work throws.
    func run<Result: Sendable>(_ work: @escaping @Sendable () throws -> Result) async throws -> Result {
        guard waiting.add(1, ordering: .relaxed).newValue <= Self.maxWaiting else {
            waiting.subtract(1, ordering: .relaxed)
            throw ServiceError(.unavailable, "Too many passwords are being checked.", retryAfter: 2)
        }
        return try await withCheckedThrowingContinuation { continuation in
            queue.async {
                defer { self.waiting.subtract(1, ordering: .relaxed) }
                continuation.resume(with: Swift.Result { try work() })
            }
        }
    }
}
