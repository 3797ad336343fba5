import NIOCore

/// How late an event loop is: a timer of its own, and by how much it is missed.
///
/// Unchecked Sendable because it is touched on the event loop only.
final class LoopLag: @unchecked Sendable {
    let eventLoop: any EventLoop
    private(set) var histogram = Histogram.seconds

    /// How often it is looked at.
    private static let interval = TimeAmount.milliseconds(250)

    init(eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
    }

    func start() {
        eventLoop.execute { self.scheduleNext() }
    }

    private func scheduleNext() {
        let due = eventLoop.now + Self.interval
        eventLoop.assumeIsolated().scheduleTask(deadline: due) {
            self.histogram.observe(.nanoseconds(max(0, (NIODeadline.now() - due).nanoseconds)))
            self.scheduleNext()
        }
    }
}
