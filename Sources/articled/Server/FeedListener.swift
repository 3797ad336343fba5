import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle

/// Accepts connections on the daemon's port, or on sockets that were passed to it, each set up on its event loop and with
/// no task of its own.
struct FeedListener: Service {
    let host: String
    let port: UInt16
    /// Listened on instead of host and port, if there are any.
    let inherited: [InheritedSocket]
    let group: MultiThreadedEventLoopGroup
    let setup: ConnectionSetup
    let connections: OpenConnections
    let logger: Logger
    /// Called once connections are accepted.
    let onListening: @Sendable (ListeningPlace) async -> Void

    /// How many connections the kernel may hold that have not been accepted.
    private static let backlog: Int32 = 4096

    /// Listens until a graceful shutdown, which all connections are told of.
    ///
    /// - Throws: `IOError` if listening is not possible.
    func run() async throws {
        var channels: [any Channel] = []
        if inherited.isEmpty {
            channels.append(try await bootstrap(isLocal: false).bind(host: host, port: Int(port)).get())
        }
        for socket in inherited {
            channels.append(try await bootstrap(isLocal: socket.isLocal).withBoundSocket(socket.descriptor).get())
        }
        for (index, channel) in channels.enumerated() {
            var metadata: Logger.Metadata = [
                "host": "\(channel.localAddress?.ipAddress ?? channel.localAddress?.pathname ?? host)"
            ]
            if let port = channel.localAddress?.port { metadata["port"] = "\(port)" }
            if !inherited.isEmpty { metadata["socket"] = "\(inherited[index].name)" }
            logger.info("Listening", metadata: metadata)
        }
        setup.feed.startHeartbeats()
        setup.deadlines.start()
        await onListening(place(of: channels.compactMap(\.localAddress)))
        let (listening, connections) = (channels, connections)
        try await withGracefulShutdownHandler {
            for channel in listening { try await channel.closeFuture.get() }
        } onGracefulShutdown: {
            // The services behind this one wait for those who are connected.
            connections.tellAllOfStop()
            for channel in listening { close(channel) }
        }
    }

    private func place(of addresses: [SocketAddress]) -> ListeningPlace {
        guard inherited.isEmpty else { return ListeningPlace(addresses) }
        // By the name that was asked for; port 0 is any.
        return .port(host: host, port: addresses.first?.port ?? Int(port))
    }

    /// Ends listening. Where the socket lives on, accepting ends first, and those who were just being accepted are not cut
    /// off with it: who was not accepted is served by the next daemon.
    private func close(_ channel: any Channel) {
        guard !inherited.isEmpty else { return channel.close(promise: nil) }
        channel.setOption(ChannelOptions.autoRead, value: false).whenComplete { _ in
            channel.eventLoop.scheduleTask(in: OpenConnections.firstWords) { channel.close(promise: nil) }
        }
    }

    private func bootstrap(isLocal: Bool) -> ServerBootstrap {
        let (setup, connections) = (setup, connections)
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: Self.backlog)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(AcceptGate(connections: connections))
                }
            }
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    // Not as options of the bootstrap, which makes a future for each.
                    guard let options = channel.syncOptions else { throw ChannelError.operationUnsupported }
                    try options.setOption(.allowRemoteHalfClosure, value: true)
                    try options.setOption(.recvAllocator, value: ReceiveBuffers.allocator)
                    try setup.begin(channel)
                }
            }
        guard !isLocal else { return bootstrap }
        return SocketOptions.inherited.reduce(bootstrap.serverChannelOption(.socketOption(.so_reuseaddr), value: 1)) {
            $0.serverChannelOption($1.0, value: $1.1)
        }
    }
}
