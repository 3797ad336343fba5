import Core
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1

/// Looks at the first request of a connection and decides what the connection is: the feed, or plain HTTP.
///
/// A feed gets its own short pipeline. Everything else gets Hummingbird's, and a task. A handshake that can't be
/// granted is answered here.
final class FirstRequestHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundOut = ByteBuffer

    private enum State {
        case waiting
        /// The handshake is good; the rest of the request must come.
        case accepting(FeedHandshake.Accepted)
        /// An answer was given after which the connection ends.
        case refused
    }

    private let server: FeedServerChannel
    private let decoder: ByteToMessageHandler<HTTPRequestDecoder>
    private let deadline: RequestDeadline
    private var state = State.waiting

    init(server: FeedServerChannel, decoder: ByteToMessageHandler<HTTPRequestDecoder>, deadline: RequestDeadline) {
        self.server = server
        self.decoder = decoder
        self.deadline = deadline
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch (state, unwrapInboundIn(data)) {
        case (.waiting, .head(let head)): decide(head, context)
        case (.accepting(let accepted), .end): becomeFeed(accepted, context)
        default: break
        }
    }

    private func decide(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        guard head.hasOneHost else {
            return refuse(ServiceError(.badRequest, "An HTTP/1.1 request must have one Host header."), [], context)
        }
        switch server.handshake.decide(head) {
        case .accepted(let accepted):
            state = .accepting(accepted)
        case .refused(let error, let headers):
            refuse(error, headers, context)
        case .other:
            becomeHTTP(head, context)
        }
    }

    private func becomeFeed(_ accepted: FeedHandshake.Accepted, _ context: ChannelHandlerContext) {
        let channel = context.channel
        let handler = SubscriberHandler(
            hub: server.feed.hub(of: context.eventLoop), query: accepted.query, mode: accepted.mode,
            prologue: ByteBuffer(string: accepted.response))
        do {
            try channel.syncOptions?.setOption(.recvAllocator, value: SubscriberReceiveAllocator())
            let pipeline = channel.pipeline.syncOperations
            try pipeline.addHandler(handler)
            pipeline.removeHandler(deadline, promise: nil)
            pipeline.removeHandler(context: context, promise: nil)
            // Last, for it forwards what the client has sent behind its handshake.
            pipeline.removeHandler(decoder, promise: nil)
        } catch {
            server.logger.error("A subscriber's pipeline could not be built", metadata: ["error": "\(error)"])
            context.close(promise: nil)
        }
    }

    private func becomeHTTP(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        do {
            let pipeline = context.pipeline.syncOperations
            // Behind the deadline, whose answer is bytes already.
            try pipeline.addHandler(HTTPResponseEncoder(), position: .after(deadline))
            try pipeline.addHandler(RequestObserver(deadline))
            try pipeline.addHandler(HTTP1ToHTTPServerCodec(secure: false))
            try pipeline.addHandler(HTTPConnectionStateHandler(idleTimeout: server.idleTimeout, logger: server.logger))
            let channel = try NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>(
                wrappingChannelSynchronously: context.channel, configuration: .init(isOutboundHalfClosureEnabled: true))
            server.connections.serve(channel, by: server)
            context.fireChannelRead(wrapInboundOut(.head(head)))
            pipeline.removeHandler(context: context, promise: nil)
        } catch {
            server.logger.error("A connection's pipeline could not be built", metadata: ["error": "\(error)"])
            context.close(promise: nil)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case ChannelEvent.inputClosed, is ChannelShouldQuiesceEvent: context.close(promise: nil)
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard case .waiting = state, let error = error as? HTTPParserError else {
            context.close(promise: nil)
            return
        }
        if error == .headerOverflow {
            refuse(ServiceError(.headerTooLarge, "The request's header is too large."), [], context)
        } else {
            refuse(ServiceError(.badRequest, "This is not a valid HTTP request."), [], context)
        }
    }

    /// Answers, then waits a moment for the client to read it: closing while bytes of the client are unread would
    /// take the answer away.
    private func refuse(_ error: ServiceError, _ headers: [(String, String)], _ context: ChannelHandlerContext) {
        state = .refused
        context.writeAndFlush(wrapOutboundOut(RawResponse.problem(error, headers: headers)), promise: nil)
        context.close(mode: .output, promise: nil)
        context.eventLoop.assumeIsolated().scheduleTask(in: .seconds(2)) { context.close(promise: nil) }
    }
}
