/// One subscriber's place in the feed and what comes next for it: a state machine without I/O.
///
///     preparing ──snapshot or resumption──▶ replaying ──caught up──▶ live
///         ▲                                     │                     │
///         └────────────── trimmed ◀─────────────┴─────────────────────┘
///
/// Nothing is queued for a subscriber. It has a place, `seq`; whatever lies between it and the newest event is read
/// from the ring, or from the store once the ring no longer has it, when the socket can take it.
struct Delivery: Hashable, Sendable {
    enum Phase: UInt8, Sendable {
        /// A snapshot is being read; nothing can be sent yet.
        case preparing
        /// What was missed is being sent.
        case replaying
        /// Nothing is missing.
        case live
    }

    enum Action: Hashable, Sendable {
        /// Nothing to do until something happens.
        case wait
        /// Send events after this place out of the ring, then call ``advance(to:)``.
        case sendFromRing(after: Int64)
        /// Read events after this place from the store, then call ``pageArrived()``.
        case fetchPage(after: Int64)
        /// Tell the subscriber that it has caught up.
        case announceLive
        /// Caught up: from now on new events may be written to it directly.
        case follow
    }

    private(set) var phase = Phase.preparing
    /// The last event that was handed to the socket, or that the filter passed over.
    private(set) var seq: Int64 = 0
    private var isFetching = false

    /// The snapshot is cut, or the resumption granted: go on after this place.
    mutating func start(after seq: Int64) {
        precondition(phase == .preparing, "a delivery starts once")
        self.seq = seq
        phase = .replaying
    }

    /// Begins again with a snapshot, for the events after `seq` are no longer kept.
    mutating func restart() {
        phase = .preparing
        isFetching = false
    }

    /// Events up to this place have been handed to the socket.
    mutating func advance(to seq: Int64) {
        precondition(seq >= self.seq, "a subscriber never goes back")
        self.seq = seq
    }

    mutating func pageArrived() {
        isFetching = false
    }

    /// What to do now, provided that the socket can be written to.
    ///
    /// - Parameters:
    ///   - newestSeq: the newest event that this loop knows.
    ///   - ringOldestSeq: the oldest event in the ring; `nil` if it is empty.
    mutating func next(newestSeq: Int64, ringOldestSeq: Int64?) -> Action {
        // A snapshot, or a place that another loop served, may be ahead of this loop for a moment.
        guard phase != .preparing, !isFetching, seq <= newestSeq else { return .wait }
        if seq < newestSeq {
            if let ringOldestSeq, ringOldestSeq <= seq + 1 { return .sendFromRing(after: seq) }
            isFetching = true
            return .fetchPage(after: seq)
        }
        if phase == .replaying {
            phase = .live
            return .announceLive
        }
        return .follow
    }
}
