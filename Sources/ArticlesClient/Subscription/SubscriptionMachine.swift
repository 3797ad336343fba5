import Core

/// The life of a subscription as a state machine without I/O: when to dial, what to ask for, what to tell the owner.
///
///                                              ┌──────reset──────┐
///                                              ▼                 │
///     waiting ──time──▶ dialling ──101──▶ catching up ──live──▶ live ──silence──▶ stale ──silence──▶ dropped
///        ▲                 │                   │                 │ ◀──anything──    │                  │
///        └──── retryable ──┴─── closed ────────┴───── closed ────┴──── closed ──────┴──── closed ──────┘
///                          └──── for good ─────┴──── for good ───┴─── for good ─────┴──▶ ended
///
/// It keeps the place to resume from and knows the events that it passed on, so that whatever the connections do, the
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
        /// The handshake was answered, but not with 101.
        case refused(status: Int, reason: String, retryAfter: Int?)
        /// A close frame came.
        case closed(code: UInt16, reason: String)
    }

    /// What is still to come before the link is live.
    private enum Backlog: Equatable {
        /// The events after the place that was asked for.
        case replay
        /// A snapshot, then the events after its cut, which is `nil` if the server did not say it.
        case snapshot(cut: Int64?)
        /// The snapshot came. It is kept until it is known that the link goes on behind it: should it break before,
        /// the owner has been given nothing that the next snapshot would repeat.
        case heldSnapshot([FeedEvent])
    }

    private enum Phase: Equatable {
        case waiting
        case dialling
        case catchingUp(Backlog)
        case live
        case ended
    }

    /// What the owner was given last, which decides whether a snapshot needs a mark before it.
    private enum Continuity {
        case nothing
        case reset
        case articles
    }

    private let query: FeedQuery
    private let backOff: BackOff
    private var phase = Phase.waiting
    private var isStale = false
    /// Tries since the link last was live.
    private var attempt = 0
    /// The place to resume from.
    private(set) var resumePoint: Cursor?
    private var passed = PassedEvents()
    private var continuity = Continuity.nothing
    private var heartbeat = Heartbeat()
    private var isDropped = false
    private var bye: (reason: ControlMessage.ByeReason, retryAfter: Duration)?

    /// - Parameter random: a number out of a range, evenly spread.
    init(_ query: FeedQuery, random: @escaping (ClosedRange<Double>) -> Double = { .random(in: $0) }) {
        self.query = query
        backOff = BackOff(random: random)
        resumePoint = query.since
    }

    // MARK: - Connecting

    mutating func start() -> [Action] {
        dial()
    }

    /// The time to dial again has come.
    mutating func waited() -> [Action] {
        phase == .waiting ? dial() : []
    }

    private mutating func dial() -> [Action] {
        attempt += 1
        phase = .dialling
        bye = nil
        isDropped = false
        var query = query
        query.since = resumePoint
        return [.emit(.state(.connecting(attempt: attempt))), .dial(query)]
    }

    /// The handshake succeeded.
    mutating func connected(at now: ContinuousClock.Instant) -> [Action] {
        guard phase == .dialling else { return [] }
        phase = .catchingUp(resumePoint == nil ? .snapshot(cut: nil) : .replay)
        heartbeat.begin(at: now)
        return [.emit(.state(.catchingUp)), .watch(until: heartbeat.staleAt)]
    }

    /// The connection is gone, or could not be made.
    mutating func closed(_ closure: Closure, at now: ContinuousClock.Instant) -> [Action] {
        guard phase != .ended, phase != .waiting else { return [] }
        let reason: String
        var floor = bye?.retryAfter ?? .zero
        switch closure {
        case .failed(let text):
            reason = isDropped ? "nothing was heard from the server for too long" : text
        case .refused(let status, let text, let retryAfter):
            if (400..<500).contains(status), status != 429 { return end(text) }
            reason = text
            if let retryAfter { floor = max(floor, .seconds(min(max(retryAfter, 0), 600))) }
        case .closed(let code, let text):
            reason = "the server closed the feed (\(code)\(text.isEmpty ? "" : ": \(text)"))"
            if [1002, 1003, 1007].contains(code) || (code == 1008 && bye?.reason != .slow) { return end(reason) }
        }
        phase = .waiting
        isStale = false
        let until = now + floor + backOff.pause(afterAttempt: attempt)
        return [.emit(.state(.waiting(attempt: attempt + 1, until: until, reason: reason))), .wait(until: until)]
    }

    private mutating func end(_ reason: String) -> [Action] {
        phase = .ended
        return [.emit(.state(.refused(reason: reason))), .end]
    }

    // MARK: - Frames

    /// A frame of the feed.
    mutating func received(_ frame: FeedFrame, at now: ContinuousClock.Instant) -> [Action] {
        guard isConnected else { return [] }
        let signOfLife = heard(at: now)
        switch frame {
        case .events(let events): return signOfLife + received(events)
        case .control(.none): return signOfLife
        case .control(.some(let message)): return signOfLife + received(message)
        }
    }

    private mutating func received(_ events: [FeedEvent]) -> [Action] {
        switch phase {
        case .catchingUp(.snapshot(let cut)):
            // Up to the cut it is the snapshot. An empty one has no frame: then what comes lies behind the cut already.
            let snapshot = events.filter { $0.cursor.seq <= cut ?? .max }
            let later = events.dropFirst(snapshot.count)
            phase = .catchingUp(snapshot.isEmpty ? .replay : .heldSnapshot(snapshot))
            return later.isEmpty ? [] : releaseSnapshot() + later.flatMap { pass($0) }
        case .catchingUp(.heldSnapshot):
            return releaseSnapshot() + events.flatMap { pass($0) }
        case .catchingUp(.replay), .live:
            return events.flatMap { pass($0) }
        case .waiting, .dialling, .ended:
            return []
        }
    }

    /// Gives the owner the snapshot if one is kept.
    private mutating func releaseSnapshot() -> [Action] {
        guard case .catchingUp(.heldSnapshot(let events)) = phase else { return [] }
        phase = .catchingUp(.replay)
        // Without a place to resume from, what happened between the last connection and this snapshot is not known.
        let mark = continuity == .articles ? reset(.trimmed) : []
        continuity = .articles
        return mark + [.emit(.snapshot(events))]
    }

    /// Passes an event on unless it was passed on before.
    private mutating func pass(_ event: FeedEvent) -> [Action] {
        var actions: [Action] = []
        switch passed.verdict(on: event.cursor) {
        case .known: return []
        case .otherHistory: actions = reset(.forked)
        case .new: break
        }
        passed.insert(event.cursor)
        continuity = .articles
        if phase == .live { resumePoint = event.cursor }
        return actions + [.emit(.event(event))]
    }

    private mutating func received(_ message: ControlMessage) -> [Action] {
        switch message {
        case .hello(_, let cursor, _, let milliseconds, _):
            heartbeat.interval = .milliseconds(milliseconds)
            if case .catchingUp(.snapshot) = phase { phase = .catchingUp(.snapshot(cut: cursor.seq)) }
            return [.watch(until: heartbeat.staleAt)]
        case .reset(let reason, _):
            let state: [Action] = phase == .live ? [.emit(.state(.catchingUp))] : []
            phase = .catchingUp(.snapshot(cut: nil))
            // On a connection that broke before it was live the owner may have heard of this one already.
            return state + (continuity == .reset ? [] : reset(reason))
        case .live(let cursor):
            let snapshot = releaseSnapshot()
            phase = .live
            attempt = 0
            resumePoint = cursor
            passed.insertAll(upTo: cursor)
            continuity = .articles
            return snapshot + [.emit(.caughtUp(cursor)), .emit(.state(.live))]
        case .ping(let cursor):
            guard phase == .live, let cursor else { return [] }
            resumePoint = cursor
            return [.emit(.caughtUp(cursor))]
        case .bye(let reason, let milliseconds):
            bye = (reason, .milliseconds(min(max(milliseconds, 0), 600_000)))
            return []
        }
    }

    /// Tells the owner of a gap. What was passed on before says nothing about what comes now.
    private mutating func reset(_ reason: ControlMessage.ResetReason) -> [Action] {
        passed = PassedEvents()
        continuity = .reset
        return [.emit(.reset(reason: reason))]
    }

    // MARK: - Silence

    private var isConnected: Bool {
        switch phase {
        case .live, .catchingUp: true
        case .waiting, .dialling, .ended: false
        }
    }

    /// Something came from the server, be it only a WebSocket ping; or the owner, who had been behind, lets us read on.
    mutating func heard(at now: ContinuousClock.Instant) -> [Action] {
        guard isConnected else { return [] }
        heartbeat.begin(at: now)
        guard isStale else { return [] }
        isStale = false
        return [.emit(.state(phase == .live ? .live : .catchingUp)), .watch(until: heartbeat.staleAt)]
    }

    /// The time to look at the link has come.
    ///
    /// - Parameter isPaused: the owner is behind, so that silence is our own doing.
    mutating func watched(at now: ContinuousClock.Instant, isPaused: Bool) -> [Action] {
        guard isConnected else { return [] }
        if isPaused { heartbeat.begin(at: now) }
        if now >= heartbeat.deadAt {
            isDropped = true
            return [.drop]
        }
        guard now >= heartbeat.staleAt else { return [.watch(until: heartbeat.staleAt)] }
        if isStale { return [.watch(until: heartbeat.deadAt)] }
        isStale = true
        return [.emit(.state(.stale)), .watch(until: heartbeat.deadAt)]
    }
}
