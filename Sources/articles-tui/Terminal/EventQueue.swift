import Synchronization

/// Events on their way to the thread that draws. The feed's are bounded, so that a flood waits in the server.
final class EventQueue: Sendable {
    private struct State {
        var events: [Event] = []
        var waiting: CheckedContinuation<Void, Never>?
        /// Counts the servers that were shown: what comes from one before is no longer wanted.
        var generation = 0
    }

    private let state = Mutex(State())
    private let wake: @Sendable () -> Void
    private let limit: Int

    /// - Parameter wake: called when the queue is no longer empty.
    init(limit: Int = 4096, wake: @escaping @Sendable () -> Void) {
        self.limit = limit
        self.wake = wake
    }

    /// Adds an event; returns when there is room for more. For one task.
    func post(_ event: Event, generation: Int = 0) async {
        await withCheckedContinuation { continuation in
            let (isFirst, hasRoom) = state.withLock { state in
                guard state.generation == generation else { return (false, true) }
                state.events.append(event)
                let hasRoom = state.events.count < limit
                if !hasRoom { state.waiting = continuation }
                return (state.events.count == 1, hasRoom)
            }
            if isFirst { wake() }
            if hasRoom { continuation.resume() }
        }
    }

    /// Adds an answer to something that was asked for.
    func add(_ event: Event, generation: Int) {
        let isFirst = state.withLock { state in
            guard state.generation == generation else { return false }
            state.events.append(event)
            return state.events.count == 1
        }
        if isFirst { wake() }
    }

    func takeAll() -> [Event] {
        take { _ in }
    }

    /// Forgets what has come, and lets nothing in of before.
    ///
    /// - Returns: the new generation.
    func begin() -> Int {
        var generation = 0
        _ = take { state in
            state.generation += 1
            generation = state.generation
        }
        return generation
    }

    private func take(_ change: (inout State) -> Void) -> [Event] {
        let (events, waiting) = state.withLock { state in
            let taken = (state.events, state.waiting)
            state.events = []
            state.waiting = nil
            change(&state)
            return taken
        }
        waiting?.resume()
        return events
    }
}
