import Synchronization

/// How long requests of the router took until their answers began: without bodies that go on for hours.
final class AnswerDurations: Sendable {
    private let state = Mutex(Histogram.seconds)

    func observe(_ duration: Duration) {
        state.withLock { $0.observe(duration) }
    }

    var histogram: Histogram { state.withLock { $0 } }
}
