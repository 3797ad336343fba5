import Core
import NIOCore
import WebSocketCore

/// The end of one event loop's subscribers: says goodbye to one after the other, and waits until all are gone.
final class LoopDrain {
    private let eventLoop: any EventLoop
    private var farewell: Farewell
    private var everybodyGone: EventLoopPromise<Void>?

    /// - Parameter everybodyGone: succeeds once ``nobodyIsLeft()`` has been called.
    init(eventLoop: any EventLoop, farewell: Farewell, everybodyGone: EventLoopPromise<Void>) {
        self.eventLoop = eventLoop
        self.farewell = farewell
        self.everybodyGone = everybodyGone
    }

    func sayGoodbyes() {
        for (subscriber, retryAfter) in farewell.next() {
            subscriber.sayGoodbye(.shutdown, .goingAway, retryAfter: retryAfter)
        }
        guard !farewell.isOver else { return }
        eventLoop.assumeIsolated().scheduleTask(in: Farewell.step) { self.sayGoodbyes() }
    }

    func nobodyIsLeft() {
        everybodyGone?.succeed()
        everybodyGone = nil
    }
}
