import Logging
import NIOCore
import Synchronization

/// The connections that are open: counted, limited in number, and told when the daemon stops.
final class OpenConnections: Sendable {
    struct Limits: Sendable, Hashable {
        /// How many are served (`--max-connections`); who comes beyond is told so. `nil` means as many as can be open.
        var served: Int?
        /// How many can be open, so that enough descriptors are left for everything else.
        var open = Int.max
    }

    enum Verdict: Hashable {
        /// It may be one too many, which its first request will be told.
        case taken
        /// So many are being told already that this one is closed at once.
        case turnedAway
    }

    private struct State {
        var limits = Limits()
        /// With the time until which each may say for the first time what it wants.
        var channels: [ObjectIdentifier: (channel: any Channel, speaksUntil: NIODeadline)] = [:]
        var overLimit: Set<ObjectIdentifier> = []
        var stopped: NIODeadline?
        var waiting: [CheckedContinuation<Void, Never>] = []
        var lastPause: NIODeadline?
    }

    private let state = Mutex(State())
    private let refusals: Refusals
    private let logger: Logger
    private let overLimitCount = Atomic(0)
    private let pauseCount = Atomic(0)

    /// How many more than those who are served are told that they are too many.
    private static let grace = 64
    /// How long somebody who has just connected has to say what he wants before a stop ends his connection.
    static let firstWords = TimeAmount.milliseconds(250)
    /// After how long without a pause accepting is normal again.
    static let quiet = TimeAmount.seconds(10)

    init(refusals: Refusals, logger: Logger) {
        self.refusals = refusals
        self.logger = logger
    }

    /// How many there are.
    var count: Int { state.withLock { $0.channels.count } }
    /// How often accepting had to wait because no descriptors were left, since the start.
    var pauses: Int { pauseCount.load(ordering: .relaxed) }
    /// What holds now.
    var limits: Limits { state.withLock { $0.limits } }
    /// How many more can be open.
    var room: Int { state.withLock { max(0, $0.limits.open - $0.channels.count) } }

    /// The daemon was told to stop.
    var isStopping: Bool { state.withLock { $0.stopped != nil } }

    /// Changes the limits; those who are connected stay.
    func limit(_ limits: Limits) {
        state.withLock { $0.limits = limits }
    }

    // MARK: - Coming and going

    /// Counts a connection until it is closed.
    func opened(_ channel: any Channel, at now: NIODeadline = .now()) -> Verdict {
        let id = ObjectIdentifier(channel)
        let (verdict, stopped) = state.withLock { state -> (Verdict, NIODeadline?) in
            if let served = state.limits.served {
                guard state.channels.count < served + Self.grace else { return (.turnedAway, nil) }
                if state.channels.count - state.overLimit.count >= served {
                    state.overLimit.insert(id)
                    overLimitCount.add(1, ordering: .relaxed)
                }
            }
            state.channels[id] = (channel, now + Self.firstWords)
            return (.taken, state.stopped)
        }
        guard verdict == .taken else {
            refusals.count(.capacity)
            return verdict
        }
        channel.closeFuture.whenComplete { _ in self.closed(id) }
        if stopped != nil { tellOfStop(channel, in: Self.firstWords) }
        return verdict
    }

    /// Somebody has been answered, and so is no newcomer that a stop would have to wait for.
    func answered(_ channel: any Channel) {
        state.withLock { $0.channels[ObjectIdentifier(channel)]?.speaksUntil = .distantPast }
    }

    private func closed(_ id: ObjectIdentifier) {
        let waiting = state.withLock { state in
            state.channels[id] = nil
            if state.overLimit.remove(id) != nil { overLimitCount.subtract(1, ordering: .relaxed) }
            guard state.channels.isEmpty else { return [CheckedContinuation<Void, Never>]() }
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    /// Whether a connection is one too many.
    func isOverLimit(_ channel: any Channel) -> Bool {
        guard overLimitCount.load(ordering: .relaxed) > 0 else { return false }
        return state.withLock { $0.overLimit.contains(ObjectIdentifier(channel)) }
    }

    /// Counts a connection that was told that it is one too many.
    func countRefusal() {
        refusals.count(.capacity)
    }

    // MARK: - When descriptors run out

    /// Accepting pauses; said once for as long as it does so again and again.
    func pausedAccepting(_ reason: String) {
        let now = NIODeadline.now()
        let (isNew, count, limits) = state.withLock { state in
            let isNew = state.lastPause == nil
            state.lastPause = now
            return (isNew, state.channels.count, state.limits)
        }
        guard isNew else { return }
        pauseCount.add(1, ordering: .relaxed)
        logger.warning(
            "No descriptors are left; who connects must wait until others leave. Raise LimitNOFILE= (ulimit -Hn), or turn them away with --max-connections",
            metadata: ["connections": "\(count)", "limit": "\(limits.open)", "reason": "\(reason)"])
    }

    /// Says when pauses are over.
    func acceptedWithoutPause() {
        let isOver = state.withLock { state in
            guard let last = state.lastPause, last + Self.quiet <= .now() else { return false }
            state.lastPause = nil
            return true
        }
        if isOver { logger.notice("Connections are accepted as they come again") }
    }

    // MARK: - The end

    /// Tells everybody that the daemon stops: who is idle leaves at once, who has just come is heard first.
    func tellAllOfStop(at now: NIODeadline = .now()) {
        let channels = state.withLock { state in
            state.stopped = now
            return Array(state.channels.values)
        }
        for (channel, speaksUntil) in channels { tellOfStop(channel, in: max(.zero, speaksUntil - now)) }
    }

    private func tellOfStop(_ channel: any Channel, in time: TimeAmount) {
        channel.eventLoop.scheduleTask(in: time) {
            channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
        }
    }

    /// Waits until those who had just come when the daemon was told to stop have said what they want.
    func saidWhatTheyWant() async {
        let now = NIODeadline.now()
        let latest = state.withLock { state in
            state.channels.values.map(\.speaksUntil).max() ?? now
        }
        guard latest > now else { return }
        // Only a task that is cancelled wakes earlier, and then there is nothing to wait for.
        try? await Task.sleep(for: Duration(latest - now))
    }

    /// Ends whatever is still open.
    func closeAll() {
        let channels = state.withLock { Array($0.channels.values) }
        for (channel, _) in channels { channel.close(promise: nil) }
    }

    /// Waits until nobody is connected.
    func untilNone() async {
        await withCheckedContinuation { continuation in
            let isEmpty = state.withLock { state in
                if !state.channels.isEmpty { state.waiting.append(continuation) }
                return state.channels.isEmpty
            }
            if isEmpty { continuation.resume() }
        }
    }
}
