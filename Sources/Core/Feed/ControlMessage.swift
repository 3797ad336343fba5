/// What the server says about the feed itself: a frame that is an object, not an array.
public enum ControlMessage: Hashable, Sendable {
    /// First on every connection. `cursor` is the newest committed event when snapshot or replay was cut; `last` the
    /// size of the snapshot asked for; `pingInterval` in milliseconds.
    case hello(node: String, cursor: Cursor, last: Int, pingInterval: Int, server: String)
    /// The asked-for cursor cannot be continued; a snapshot follows. `oldest` is the oldest place one can resume from.
    case reset(reason: ResetReason, oldest: Cursor)
    /// All that was missed has been sent; what follows is live.
    case live(cursor: Cursor)
    /// A heartbeat. Its cursor, absent in plain mode, is a resume point.
    case ping(cursor: Cursor?)
    /// The server is about to close. `retryAfter` in milliseconds.
    case bye(reason: ByeReason, retryAfter: Int)

    /// Why a place can't be continued.
    public enum ResetReason: String, Hashable, Sendable {
        /// Events after the cursor are no longer kept.
        case trimmed
        /// The cursor belongs to a history that this feed does not have.
        case forked
    }

    /// Why the server closes.
    public enum ByeReason: String, Hashable, Sendable {
        /// It stops: come again when it says.
        case shutdown
        /// The subscriber read nothing for too long.
        case slow
        /// What let the subscriber in was taken back.
        case revoked
    }
}
