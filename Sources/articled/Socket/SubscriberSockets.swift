import NIOCore
import NIOPosix

#if canImport(Glibc)
    import Glibc
#endif

/// Options of the kernel's sockets. They are set on the listening one, and the accepted ones inherit them (tcp(7)).
enum SubscriberSockets {
    /// How much the kernel keeps for a slow reader beyond what is on its way, in bytes: the rest of its backlog stays
    /// in the feed's log, where it costs nothing.
    private static let unsentBytes = 128 * 1024
    /// After how long without an acknowledgement a peer is dead, in milliseconds.
    private static let deadPeerMilliseconds = 60_000

    static func configure(_ channel: any Channel) async {
        guard let provider = channel as? any SocketOptionProvider else { return }
        for (option, value) in [(TCP_NOTSENT_LOWAT, unsentBytes), (TCP_USER_TIMEOUT, deadPeerMilliseconds)] {
            // Optimisations that a kernel may refuse; the stall time-out works without them.
            try? await provider.unsafeSetSocketOption(
                level: .tcp, name: NIOBSDSocket.Option(rawValue: option), value: CInt(value)
            ).get()
        }
    }
}
