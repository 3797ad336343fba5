import Synchronization

/// Events on their way from the feed's task to the thread that draws; bounded, so that a flood waits in the server.
final class EventQueue: Sendable {
    private struct State {
        var events: [Event] = []
        var waiting: CheckedContinuation<Void, Never>?
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
    func post(_ event: Event) async {
        await withCheckedContinuation { continuation in
            let (isFirst, hasRoom) = state.withLock { state in
                state.events.append(event)
                let hasRoom = state.events.count < limit
                if !hasRoom { state.waiting = continuation }
                return (state.events.count == 1, hasRoom)
            }
            if isFirst { wake() }
            if hasRoom { continuation.resume() }
        }
    }

    func takeAll() -> [Event] {
        let (events, waiting) = state.withLock { state in
            defer { state = State() }
            return (state.events, state.waiting)
        }
        waiting?.resume()
        return events
    }
}
