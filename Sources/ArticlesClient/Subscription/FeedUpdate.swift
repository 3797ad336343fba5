public import Core

/// What a subscription tells its owner, in order.
public enum FeedUpdate: Hashable, Sendable {
    /// How the link is.
    case state(ConnectionState)
    /// The newest articles as they are now, oldest first. The first update of a subscription without a cursor, and
    /// what follows a ``reset(reason:)``. Articles that were shown before may be among them.
    case snapshot([FeedEvent])
    /// One event, never seen before by this subscription.
    case event(FeedEvent)
    /// What came after the subscriber's place can't be had any more: there may be a gap here.
    case reset(reason: ControlMessage.ResetReason)
    /// Everything up to this cursor has been delivered: a place to resume from.
    case caughtUp(Cursor)
}

/// The state of a subscription's link.
public enum ConnectionState: Hashable, Sendable {
    /// Dialling; the first attempt is 1.
    case connecting(attempt: Int)
    /// Connected; what was missed is arriving.
    case catchingUp
    /// Connected, and nothing is missing.
    case live
    /// Connected, but no heartbeat has come for two and a half intervals.
    case stale
    /// Not connected; the next attempt, which will be number `attempt`, begins at `until`.
    case waiting(attempt: Int, until: ContinuousClock.Instant, reason: String)
    /// Refused in a way that a retry can't mend; the subscription has ended.
    case refused(reason: String)
}
