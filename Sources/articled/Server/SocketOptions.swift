import NIOCore

#if canImport(Glibc)
    import Glibc
#endif

/// Options of the kernel's sockets. They are set on the listening one, and the accepted ones inherit them (tcp(7)).
enum SocketOptions {
    /// How much the kernel keeps for a slow reader beyond what is on its way, in bytes: the rest of its backlog stays
    /// in the feed's log, where it costs nothing.
    private static let unsentBytes: Int = 128 * 1024
    /// After how long without an acknowledgement a peer is dead, in milliseconds.
    private static let deadPeerMilliseconds: Int = 60_000

    static var inherited: [(ChannelOptions.Types.SocketOption, Int)] {
        [
            (ChannelOptions.Types.SocketOption(level: .tcp, name: .init(rawValue: TCP_NOTSENT_LOWAT)), unsentBytes),
            (
                ChannelOptions.Types.SocketOption(level: .tcp, name: .init(rawValue: TCP_USER_TIMEOUT)),
                deadPeerMilliseconds
            ),
        ]
    }
}
