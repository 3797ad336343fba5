import Core

/// The life of a subscription as a state machine without I/O: when to dial, what to ask for, what to tell the owner.
///
///     waiting ──time──▶ dialling ──101──▶ catching up ──live──▶ live ──silence──▶ stale
///        ▲                 │                   │                 │                  │
///        └──── retryable ──┴─── closed ────────┴───── closed ────┴──── closed ──────┘
///                          └── refused for good ──▶ ended
///
/// It keeps the place to resume from and the newest event that it passed on, so that whatever the connections do, the
/// owner gets every event once and in order.
struct SubscriptionMachine {
    /// What the driver must do, in order.
    enum Action: Equatable {
        case dial(FeedQuery)
        /// Dial again at this moment.
        case wait(until: ContinuousClock.Instant)
        /// Look at the link again at this moment.
        case watch(until: ContinuousClock.Instant)
        case emit(FeedUpdate)
        /// Cut the connection, which is dead; a `closed` will follow.
        case drop
        /// There will be nothing more.
        case end
    }

    /// How a connection ended, or why there was none.
    enum Closure: Equatable {
        /// No connection, or it broke.
        case failed(reason: String)
        /// The handshake was refused.
        case refused(status: Int, reason: String, retryAfter: Int?)
        /// A close frame came.
        case closed(code: UInt16, reason: String)
    }

    private enum Phase: Equatable {
        case waiting
        case dialling
        /// Connected; `isReplay` when what arrives continues what we had, else a snapshot comes first.
        case catchingUp(isReplay: Bool)
        case live
        case ended
    }

    static let shortestBackOff = Duration.milliseconds(250)
    static let longestBackOff = Duration.seconds(30)

    private let query: FeedQuery
    private let random: (ClosedRange<Double>) -> Double
    private var phase = Phase.waiting
    private var isStale = false
    /// Tries since the link last was live.
    private var attempt = 0
    /// The place to resume from.
    private(set) var resumePoint: Cursor?
    /// The newest event that was passed on, in the history of `resumePoint`.
    private var newestSeq: Int64?
    /// `hello`'s cursor, where the snapshot was cut; `nil` once the snapshot has come.
    private var cutSeq: Int64?
    private var pingInterval = Duration.seconds(10)
    private var lastFrame: ContinuousClock.Instant?
    private var bye: (reason: ControlMessage.ByeReason, retryAfter: Duration)?

    /// - Parameter random: a number out of a range, evenly spread.
    init(_ query: FeedQuery, random: @escaping (ClosedRange<Double>) -> Double = { .random(in: $0) }) {
        self.query = query
        self.random = random
        resumePoint = query.since
    }

    mutating func start() -> [Action] {
        dial()
    }

    private mutating func dial() -> [Action] {
        attempt += 1
        phase = .dialling
        bye = nil
        isStale = false
        var query = query
        query.since = resumePoint
        return [.emit(.state(.connecting(attempt: attempt))), .dial(query)]
    }

    /// The time to dial again has come.
    mutating func waited() -> [Action] {
        phase == .waiting ? dial() : []
    }

    /// The handshake succeeded.
    mutating func connected(at now: ContinuousClock.Instant) -> [Action] {
        guard phase == .dialling else { return [] }
        phase = .catchingUp(isReplay: resumePoint != nil)
        cutSeq = nil
        lastFrame = now
        return [.emit(.state(.catchingUp)), watch(now)]
    }

    /// A frame of the feed.
    mutating func received(_ frame: FeedFrame, at now: ContinuousClock.Instant) -> [Action] {
        lastFrame = now
        var actions: [Action] = []
        if isStale {
            isStale = false
            actions = [.emit(.state(phase == .live ? .live : .catchingUp)), watch(now)]
        }
        switch frame {
        case .events(let events): return actions + received(events)
        case .control(.none): return actions
        case .control(.some(let message)): return actions + received(message, now)
        }
    }

    private mutating func received(_ events: [FeedEvent]) -> [Action] {
        if case .catchingUp(isReplay: false) = phase {
            // Up to the cut it is the snapshot, whose cursors are no places to resume from.
            // It is one frame; if it is empty there is none, and what comes lies behind the cut.
            let snapshot = events.filter { $0.cursor.seq <= cutSeq ?? .max }
            let later = events.dropFirst(snapshot.count)
            phase = .catchingUp(isReplay: true)
            cutSeq = nil
            return (snapshot.isEmpty ? [] : [.emit(.snapshot(snapshot))]) + later.flatMap { pass($0) }
        }
        return events.flatMap { pass($0) }
    }

    /// Passes an event on unless it was passed on before.
    private mutating func pass(_ event: FeedEvent) -> [Action] {
        if let newestSeq, event.cursor.seq <= newestSeq { return [] }
        newestSeq = event.cursor.seq
        if phase == .live { resumePoint = event.cursor }
        return [.emit(.event(event))]
    }

    private mutating func received(_ message: ControlMessage, _ now: ContinuousClock.Instant) -> [Action] {
        switch message {
        case .hello(_, let cursor, _, let milliseconds, _):
            pingInterval = .milliseconds(max(milliseconds, 1))
            cutSeq = cursor.seq
            return [watch(now)]
        case .reset(let reason, _):
            phase = .catchingUp(isReplay: false)
            // Another history, or one with a hole: what was passed on says nothing about what comes now.
            newestSeq = nil
            resumePoint = nil
            return [.emit(.state(.catchingUp)), .emit(.reset(reason: reason))]
        case .live(let cursor):
            phase = .live
            attempt = 0
            resumePoint = cursor
            newestSeq = max(newestSeq ?? 0, cursor.seq)
            return [.emit(.caughtUp(cursor)), .emit(.state(.live))]
        case .ping(let cursor):
            guard phase == .live, let cursor else { return [] }
            resumePoint = cursor
            return [.emit(.caughtUp(cursor))]
        case .bye(let reason, let milliseconds):
            bye = (reason, .milliseconds(max(0, min(milliseconds, 600_000))))
            return []
        }
    }

    /// The time to look at the link has come.
    ///
    /// - Parameter isPaused: the owner is behind, so that silence is our own doing.
    mutating func watched(at now: ContinuousClock.Instant, isPaused: Bool) -> [Action] {
        guard let lastFrame else { return [] }
        switch phase {
        case .live, .catchingUp: break
        case .waiting, .dialling, .ended: return []
        }
        if isPaused {
            self.lastFrame = now
            return [watch(now)]
        }
        let silence = now - lastFrame
        if silence >= pingInterval * 4 { return [.drop] }
        guard silence >= pingInterval * 5 / 2 else { return [.watch(until: lastFrame + pingInterval * 5 / 2)] }
        if isStale { return [.watch(until: lastFrame + pingInterval * 4)] }
        isStale = true
        return [.emit(.state(.stale)), .watch(until: lastFrame + pingInterval * 4)]
    }

    private func watch(_ now: ContinuousClock.Instant) -> Action {
        .watch(until: now + pingInterval * 5 / 2)
    }

    /// The connection is gone, or could not be made.
    mutating func closed(_ closure: Closure, at now: ContinuousClock.Instant) -> [Action] {
        guard phase != .ended, phase != .waiting else { return [] }
        lastFrame = nil
        let reason: String
        var floor = bye?.retryAfter ?? .zero
        switch closure {
        case .failed(let text):
            reason = text
        case .refused(let status, let text, let retryAfter):
            guard status == 429 || status >= 500 else { return end(text) }
            reason = text
            if let retryAfter { floor = max(floor, .seconds(min(max(retryAfter, 0), 600))) }
        case .closed(let code, let text):
            let isForGood = [1002, 1003, 1007].contains(code) || (code == 1008 && bye?.reason != .slow)
            reason = "the server closed the feed (\(code)\(text.isEmpty ? "" : ": \(text)"))"
            if isForGood { return end(reason) }
        }
        phase = .waiting
        isStale = false
        let until = now + floor + backOff
        return [.emit(.state(.waiting(attempt: attempt + 1, until: until, reason: reason))), .wait(until: until)]
    }

    private mutating func end(_ reason: String) -> [Action] {
        phase = .ended
        return [.emit(.state(.refused(reason: reason))), .end]
    }

    /// Exponential with full jitter, so that many clients of one server do not come back at once.
    private var backOff: Duration {
        let doublings = min(max(attempt - 1, 0), 16)
        let longest = min(Self.longestBackOff, Self.shortestBackOff * (1 << doublings))
        return longest * random(0...1)
    }
}
