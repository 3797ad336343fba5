import Core
import NIOCore
import NIOPosix

/// Performs what the machine decides: dials, keeps time, and hands updates to the owner.
///
/// Unchecked Sendable because its state is touched on its event loop only.
final class SubscriptionDriver: @unchecked Sendable {
    typealias Updates = NIOAsyncSequenceProducer<
        FeedUpdate, NIOAsyncSequenceProducerBackPressureStrategies.HighLowWatermark, SubscriptionDriver
    >

    private let server: ServerURL
    private var credential: Credential?
    private let trust: ServerTrust
    /// What was asked for last.
    private var query: FeedQuery?
    private let eventLoop: any EventLoop
    private var machine: SubscriptionMachine
    private var source: Updates.Source?
    private var channel: (any Channel)?
    private var waiting: Scheduled<Void>?
    private var watching: Scheduled<Void>?
    /// The owner has enough: nothing is read from the socket.
    private var isPaused = false
    private var isEnded = false

    /// How many updates are kept for an owner that is slow, before reading stops. An article may have 64 KiB.
    private static let buffer = NIOAsyncSequenceProducerBackPressureStrategies.HighLowWatermark(
        lowWatermark: 32, highWatermark: 128)

    init(
        server: ServerURL, credential: Credential?, trust: ServerTrust = .system, machine: SubscriptionMachine,
        eventLoop: any EventLoop
    ) {
        self.server = server
        self.credential = credential
        self.trust = trust
        self.eventLoop = eventLoop
        self.machine = machine
    }

    func start() -> Updates {
        let producer = NIOAsyncSequenceProducer.makeSequence(
            elementType: FeedUpdate.self, backPressureStrategy: Self.buffer, finishOnDeinit: false, delegate: self)
        eventLoop.execute {
            self.source = producer.source
            self.perform(self.machine.start())
        }
        return producer.sequence
    }

    private func perform(_ actions: [SubscriptionMachine.Action]) {
        for action in actions where !isEnded {
            switch action {
            case .dial(let query):
                dial(query)
            case .wait(let until):
                waiting = eventLoop.assumeIsolated().scheduleTask(in: .remaining(until)) {
                    self.perform(self.machine.waited())
                }
            case .watch(let until):
                watching?.cancel()
                watching = eventLoop.assumeIsolated().scheduleTask(in: .remaining(until)) {
                    self.perform(self.machine.watched(at: .now, isPaused: self.isPaused))
                }
            case .emit(let update):
                if source?.yield(contentsOf: CollectionOfOne(update)) == .stopProducing { pause(true) }
            case .drop:
                channel?.close(promise: nil)
            case .end:
                finish()
            }
        }
    }

    private func dial(_ query: FeedQuery) {
        self.query = query
        let dialler = FeedDialler(
            server: server, credential: credential, trust: trust, query: query, eventLoop: eventLoop)
        dialler.connect(owner: self)
    }

    private func pause(_ paused: Bool) {
        guard paused != isPaused, !isEnded else { return }
        isPaused = paused
        // Fails only for a channel that has just closed.
        try? channel?.syncOptions?.setOption(.autoRead, value: !paused)
        // The silence until now was our own doing.
        if !paused { perform(machine.heard(at: .now)) }
    }

    private func finish() {
        isEnded = true
        waiting?.cancel()
        watching?.cancel()
        source?.finish()
        source = nil
        channel?.triggerUserOutboundEvent(FeedConnectionHandler.Goodbye(), promise: nil)
    }

    // MARK: - From the connection, on the event loop

    func connected(_ channel: any Channel) {
        guard !isEnded else {
            channel.close(promise: nil)
            return
        }
        self.channel = channel
        if isPaused { try? channel.syncOptions?.setOption(.autoRead, value: false) }
        perform(machine.connected(at: .now))
    }

    func received(_ frame: FeedFrame) {
        perform(machine.received(frame, at: .now))
    }

    /// A WebSocket ping came, which says nothing of the feed but that the server lives.
    func pinged() {
        perform(machine.heard(at: .now))
    }

    func closed(_ closure: SubscriptionMachine.Closure) {
        channel = nil
        if case .refused(401, _, _) = closure, credential?.isFound == true, let query, !isEnded {
            // The token that was found on this machine may be another server's, and reading may need none.
            credential = nil
            return dial(query)
        }
        watching?.cancel()
        perform(machine.closed(closure, at: .now))
    }
}

extension SubscriptionDriver: NIOAsyncSequenceProducerDelegate {
    func produceMore() {
        eventLoop.execute { self.pause(false) }
    }

    func didTerminate() {
        eventLoop.execute { if !self.isEnded { self.finish() } }
    }
}

extension TimeAmount {
    fileprivate static func remaining(_ until: ContinuousClock.Instant) -> TimeAmount {
        let remaining = max(until - .now, .zero)
        return .nanoseconds(
            remaining.components.seconds * 1_000_000_000 + remaining.components.attoseconds / 1_000_000_000)
    }
}
