import Logging
import NIOCore
import NIOExtras
import NIOPosix
import ServiceLifecycle

/// Accepts connections on the daemon's port, each set up on its event loop and with no task of its own.
struct FeedListener: Service {
    let host: String
    let port: UInt16
    let group: MultiThreadedEventLoopGroup
    let setup: ConnectionSetup
    let logger: Logger
    /// Called with the port once connections are accepted.
    let onListening: @Sendable (Int) async -> Void

    /// How many connections the kernel may hold that have not been accepted.
    private static let backlog: Int32 = 4096

    /// Listens until a graceful shutdown, which all connections are told of.
    ///
    /// - Throws: `IOError` if listening is not possible.
    func run() async throws {
        let quiescing = ServerQuiescingHelper(group: group)
        let setup = setup
        var bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: Self.backlog)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            // After a restart everybody comes at once.
            .serverChannelOption(.maxMessagesPerRead, value: 128)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(.recvAllocator, value: ReceiveBuffers.allocator)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(quiescing.makeServerChannelHandler(channel: channel))
                }
            }
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try setup.begin(channel) }
            }
        for (option, value) in SocketOptions.inherited {
            bootstrap = bootstrap.serverChannelOption(option, value: value)
        }
        let channel = try await bootstrap.bind(host: host, port: Int(port)).get()
        let port = channel.localAddress?.port ?? Int(port)
        logger.info("Listening", metadata: ["host": "\(host)", "port": "\(port)"])
        setup.feed.startHeartbeats()
        setup.deadlines.start()
        await onListening(port)
        try await withGracefulShutdownHandler {
            try await channel.closeFuture.get()
        } onGracefulShutdown: {
            // The services behind this one wait for those who are connected.
            quiescing.initiateShutdown(promise: nil)
        }
    }
}
