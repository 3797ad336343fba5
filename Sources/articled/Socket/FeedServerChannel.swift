import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import ServiceLifecycle

/// Where connections begin: the feed's own pipeline and Hummingbird's share one port.
///
/// No task lives per subscriber: `handle` returns at once for everybody, and what turns out to be plain HTTP is handed
/// to ``HTTPConnections``.
struct FeedServerChannel: HTTPChannelHandler {
    /// What Hummingbird is told of a connection.
    struct Value: ServerChildChannelValue {
        let channel: any Channel
    }

    let responder: HTTPChannelHandler.Responder
    let feed: FeedLog
    let handshake: FeedHandshake
    let connections: HTTPConnections
    let publisher: DirectPublisher
    let maxHeaderBytes: Int
    let requestTimeout: TimeAmount
    let idleTimeout: TimeAmount
    let logger: Logger

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            var limits = NIOHTTPDecoderLimitConfiguration()
            limits.maxHeaderFieldSize = maxHeaderBytes
            limits.maxHeaderListSize = maxHeaderBytes
            let deadline = RequestDeadline(timeout: requestTimeout, idleTimeout: idleTimeout)
            let decoder = ByteToMessageHandler(
                HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes, limitConfiguration: limits))
            let pipeline = channel.pipeline.syncOperations
            try pipeline.addHandler(deadline)
            try pipeline.addHandler(decoder)
            try pipeline.addHandler(RequestDispatcher(server: self, decoder: decoder, deadline: deadline))
            return Value(channel: channel)
        }
    }

    func handle(value: Value, logger: Logger) async {}
}
