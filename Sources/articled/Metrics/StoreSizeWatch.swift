import Logging
import Synchronization

/// How much the store keeps, as it was not long ago: looking takes longer than a scrape may, and is never waited for.
final class StoreSizeWatch: Sendable {
    private struct State {
        var size: StoreSize?
        var asked: ContinuousClock.Instant?
        var failures = 0
    }

    private let store: any Store
    private let state = Mutex(State())

    /// How old a size may be.
    private static let maxAge = Duration.seconds(60)

    init(store: any Store) {
        self.store = store
    }

    /// The latest size that is known; has it looked at again if it is old.
    func latest() -> StoreSize? {
        let (size, mustAsk) = state.withLock { state in
            let now = ContinuousClock.now
            guard state.asked.map({ $0.duration(to: now) > Self.maxAge }) ?? true else { return (state.size, false) }
            state.asked = now
            return (state.size, true)
        }
        if mustAsk { Task { await self.look() } }
        return size
    }

    /// How often it could not be had.
    var failures: Int { state.withLock { $0.failures } }

    private func look() async {
        do {
            let size = try await store.size()
            state.withLock { $0.size = size }
        } catch {
            // A store that is away is told of by other figures, and by the log.
            state.withLock { state in
                state.size = nil
                state.failures += 1
            }
        }
    }
}
