import DequeModule
import NIOCore

/// Those subscribers of one event loop who miss more than one write's worth: they are served in turns, so that nobody who
/// is up to date waits for those who are not.
final class TurnQueue {
    private let eventLoop: any EventLoop
    private var waiting: Deque<Subscriber> = []
    private var isTurnScheduled = false

    /// How long they are served before everything else has its turn.
    private static let turn = TimeAmount.milliseconds(1)
    /// Long enough for the loop to look at its sockets in between.
    private static let betweenTurns = TimeAmount.microseconds(50)

    init(eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
    }

    /// Serves a subscriber again when it is its turn.
    func add(_ subscriber: Subscriber) {
        subscriber.isWaitingForTurn = true
        waiting.append(subscriber)
        scheduleTurn()
    }

    private func scheduleTurn() {
        guard !isTurnScheduled else { return }
        isTurnScheduled = true
        eventLoop.assumeIsolated().scheduleTask(in: Self.betweenTurns) { self.serve() }
    }

    private func serve() {
        let end = eventLoop.now + Self.turn
        while let subscriber = waiting.popFirst() {
            subscriber.isWaitingForTurn = false
            subscriber.pump()
            if eventLoop.now >= end { break }
        }
        isTurnScheduled = false
        if !waiting.isEmpty { scheduleTurn() }
    }
}
