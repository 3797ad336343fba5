import Synchronization

/// What the threads of a load tell each other.
final class LoadState: Sendable {
    enum Phase: Int {
        case connecting, publishing, draining, ended
    }

    private let rawPhase = Atomic(Phase.connecting.rawValue)
    /// When publishing began, in nanoseconds of CLOCK_MONOTONIC; 0 before.
    let start = Atomic<UInt64>(0)
    /// Subscribers that have been live, and that can't be.
    let ready = Atomic(0)
    let failed = Atomic(0)
    /// Articles sent, answered with success, refused, and those whose answer never came.
    let sent = Atomic(0)
    let acknowledged = Atomic(0)
    let refused = Atomic(0)
    let unresolved = Atomic(0)
    let delivered = Atomic(0)
    let lastDelivery = Atomic<UInt64>(0)
    /// Subscriber threads that have nothing more to wait for.
    let complete = Atomic(0)
    let publishersAreReady = Atomic(false)
    let publishersAreDone = Atomic(false)
    let threadsAtEnd = Atomic(0)
    /// The greatest number of an article that was sent.
    let newest = Atomic<UInt64>(0)
    private let stored = Mutex(NumberSet())
    private let problem = Mutex<String?>(nil)

    var phase: Phase {
        get { Phase(rawValue: rawPhase.load(ordering: .acquiring)) ?? .ended }
        set { rawPhase.store(newValue.rawValue, ordering: .releasing) }
    }

    /// The articles that were answered with success; known when the publishers are done.
    var storedArticles: NumberSet { stored.withLock { $0 } }

    /// Tells that no publisher has anything more to send, or to hear.
    func publishersEnd(stored articles: NumberSet) {
        stored.withLock { $0 = articles }
        publishersAreDone.store(true, ordering: .releasing)
    }

    /// What went wrong first.
    var firstProblem: String? { problem.withLock { $0 } }

    func note(_ text: @autoclosure () -> String) {
        problem.withLock { if $0 == nil { $0 = text() } }
    }
}
