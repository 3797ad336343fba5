import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPTypes

/// How connections begin: the feed's own pipeline and Hummingbird's share one port.
///
/// No task lives per subscriber; what turns out to be plain HTTP is handed to ``HTTPConnections``.
struct ConnectionSetup: HTTPChannelHandler {
    let responder: HTTPChannelHandler.Responder
    let feed: FeedLog
    let handshake: FeedHandshake
    let connections: HTTPConnections
    let publisher: DirectPublisher
    let policy: AccessPolicy
    /// What this node serves; `nil` means everything.
    let role: NodeRole?
    let addresses: ConnectionsByAddress
    let deadlines: RequestDeadlines
    let basePath: BasePath
    let maxHeaderBytes: Int
    let idleTimeout: TimeAmount
    let logger: Logger

    /// Builds the pipeline of an accepted connection; on its event loop.
    func begin(_ channel: any Channel) throws {
        guard addresses.opened(channel) else { return channel.close(promise: nil) }
        let deadline = RequestDeadline(watch: deadlines.watch(of: channel.eventLoop))
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(deadline)
        if role == .websocket {
            // Nobody publishes here.
            try addDispatcher(to: pipeline, deadline: deadline)
        } else {
            try pipeline.addHandler(PublisherHandler(server: self, deadline: deadline))
        }
    }

    /// Adds what understands every request.
    func addDispatcher(to pipeline: ChannelPipeline.SynchronousOperations, deadline: RequestDeadline) throws {
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderFieldSize = maxHeaderBytes
        limits.maxHeaderListSize = maxHeaderBytes
        let decoder = ByteToMessageHandler(
            HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes, limitConfiguration: limits))
        try pipeline.addHandler(decoder)
        try pipeline.addHandler(RequestDispatcher(server: self, decoder: decoder, deadline: deadline))
    }

    // Not used: connections come from ``FeedListener`` and not from Hummingbird's server.
    struct Value: ServerChildChannelValue {
        let channel: any Channel
    }

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            try begin(channel)
            return Value(channel: channel)
        }
    }

    func handle(value: Value, logger: Logger) async {}
}
