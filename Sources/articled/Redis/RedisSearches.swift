import Core
import DequeModule
import Synchronization

/// Lets only some look through all articles at once: a search takes as long as there are articles, and everybody else is to
/// find a free connection meanwhile.
final class RedisSearches: Sendable {
    private struct State {
        var running = 0
        var waiting: Deque<CheckedContinuation<Void, Never>> = []
    }

    private let state = Mutex(State())
    private let most: Int
    private static let maxWaiting = 100

    init(most: Int) {
        self.most = most
    }

    /// - Throws: ``ServiceError`` `unavailable` if too many wait; else what the search throws.
    func run<Value>(_ search: () async throws -> Value) async throws -> Value {
        guard state.withLock({ $0.waiting.count }) < Self.maxWaiting else {
            throw ServiceError(.unavailable, "Too many searches are waiting.", retryAfter: 1)
        }
        await withCheckedContinuation { continuation in
            let isFree = state.withLock { state in
                guard state.running >= most else {
                    state.running += 1
                    return true
                }
                state.waiting.append(continuation)
                return false
            }
            if isFree { continuation.resume() }
        }
        defer { hasEnded() }
        return try await search()
    }

    /// Its place is the next one's.
    private func hasEnded() {
        let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
            if let next = state.waiting.popFirst() { return next }
            state.running -= 1
            return nil
        }
        next?.resume()
    }
}
