import NIOCore

/// What the fan-out's behaviour depends on.
struct FanoutConfiguration: Sendable {
    /// This node's name, for `hello`.
    var node: String
    /// The daemon's name and version, for `hello`.
    var server: String
    var pingInterval: TimeAmount = .seconds(10)
    /// How long a subscriber may leave its bytes unread before it is cut off.
    var stallTimeout: TimeAmount = .seconds(60)
    var ring = FeedRing.Limits()
    /// When to come back after `bye`, in milliseconds.
    var retryAfter = 1500
    /// How much goes into one write at most, in bytes.
    var maxWriteBytes = 256 * 1024
    /// How many events one page out of the store has at most.
    var pageEvents = 1000
    /// How long to wait for the client's side of a closing handshake.
    var closeTimeout: TimeAmount = .seconds(2)
    /// Whether to send by io_uring where the kernel offers it.
    var usesIOURing = true
}
