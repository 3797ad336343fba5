import NIOCore
import NIOHTTP2
import NIOHTTPTypes
import NIOHTTPTypesHTTP2

extension ConnectionSetup {
    /// Makes a connection one of HTTP/2: each request gets a pipeline and a task of its own.
    ///
    /// The feed's WebSocket is not offered here (RFC 8441): browsers open a connection of HTTP/1.1 for it.
    func beginHTTP2(on channel: any Channel, limits: HTTP2Limits) throws {
        let pipeline = channel.pipeline.syncOperations
        let manager = NIOHTTP2ServerConnectionManagementHandler(
            eventLoop: channel.eventLoop,
            configuration: .init(
                maxIdleTime: idleTimeout, maxAge: nil, maxGraceTime: drainTimeout.value, keepalive: nil))
        let watch = deadlines.watch(of: channel.eventLoop)
        // The deadline that counted it has gone.
        watch.figures.connections += 1
        channel.closeFuture.assumeIsolated().whenComplete { _ in watch.figures.connections -= 1 }
        let connection = HTTP2Connection(channel, watch: watch, manager: manager.http2StreamDelegate)
        _ = try pipeline.configureHTTP2Pipeline(
            mode: .server, connectionConfiguration: limits.connection, streamConfiguration: limits.stream,
            streamDelegate: connection
        ) { stream in
            stream.eventLoop.makeCompletedFuture { try self.begin(stream, limits) }
        }
        try pipeline.addHandler(manager)
        try pipeline.addHandler(HTTP2End(connection, watch: watch))
    }

    private func begin(_ stream: any Channel, _ limits: HTTP2Limits) throws {
        let pipeline = stream.pipeline.syncOperations
        let watch = deadlines.watch(of: stream.eventLoop)
        let deadline = RequestDeadline(watch: watch, isConnection: false)
        try pipeline.addHandler(HTTP2FramePayloadToHTTPServerCodec())
        try pipeline.addHandler(deadline)
        try pipeline.addHandler(StreamObserver(server: self, limits: limits, deadline: deadline, watch: watch))
        connections.serve(try NIOAsyncChannel(wrappingChannelSynchronously: stream), by: self)
    }
}
