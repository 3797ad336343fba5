import Core
import DequeModule
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1

/// Looks at a connection's request and decides what the connection is: the feed, or plain HTTP.
///
/// A feed gets its own short pipeline, everything else Hummingbird's pipeline, and a task. A handshake that can't be
/// granted is answered here.
final class RequestDispatcher: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum State {
        case waiting
        /// The handshake is good; its password or ticket is being checked. What comes behind it must wait.
        case checking
        /// The handshake is good; the rest of the request must come.
        case accepting(FeedHandshake.Accepted, Principal?)
        /// An answer was given after which the connection ends.
        case refused
    }

    private let server: ConnectionSetup
    private let decoder: ByteToMessageHandler<HTTPRequestDecoder>
    private let deadline: RequestDeadline
    private var context: ChannelHandlerContext?
    private var state = State.waiting
    /// What has been read behind a handshake whose password is being checked: never more than two reads' worth.
    private var held: Deque<HTTPServerRequestPart> = []
    private var isReadHeld = false
    /// The other end of the connection.
    private var peer: IPAddress?
    /// The request that was decided on.
    private var head: HTTPRequestHead?

    init(server: ConnectionSetup, decoder: ByteToMessageHandler<HTTPRequestDecoder>, deadline: RequestDeadline) {
        self.server = server
        self.decoder = decoder
        self.deadline = deadline
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        peer = IPAddress(context.remoteAddress)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.context = nil
        context.fireChannelInactive()
    }

    // MARK: - Requests

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        held.append(unwrapInboundIn(data))
        takeParts(context)
    }

    private func takeParts(_ context: ChannelHandlerContext) {
        while !isChecking, let part = held.popFirst() { take(part, context) }
    }

    private var isChecking: Bool { if case .checking = state { true } else { false } }

    private func take(_ part: HTTPServerRequestPart, _ context: ChannelHandlerContext) {
        switch (state, part) {
        case (.waiting, .head(let head)): decide(head, context)
        case (.accepting(let accepted, let principal), .end): becomeFeed(accepted, principal, context)
        default: break
        }
    }

    private func decide(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        self.head = head
        guard head.hasOneHost else {
            return refuse(ServiceError(.badRequest, "An HTTP/1.1 request must have one Host header."), [], context)
        }
        guard head.hasKnownTransferCoding else {
            return refuse(ServiceError(.badRequest, "The only Transfer-Encoding understood is chunked."), [], context)
        }
        if server.open.isOverLimit(context.channel) {
            server.open.countRefusal()
            return refuse(
                ServiceError(
                    .unavailable, "The server has as many connections open as it may have.", retryAfter: 5), [],
                context)
        }
        if server.addresses.isOverLimit(context.channel) {
            server.addresses.countRefusal()
            return refuse(
                ServiceError(.tooManyRequests, "This address has too many connections open.", retryAfter: 5), [],
                context)
        }
        let request = server.basePath.local(head)
        if let role = server.role, let error = role.refusal(path: URI(request.uri).path, isHandshake: head.isHandshake)
        {
            return refuse(error, [], context)
        }
        switch server.handshake.decide(request, peer: peer) {
        case .accepted(let accepted):
            admit(accepted, request, context)
        case .refused(let error, let headers):
            refuse(error, headers, context)
        case .other:
            becomeHTTP(head, context)
        }
    }

    private func admit(_ accepted: FeedHandshake.Accepted, _ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        switch server.policy.admission(head, ticket: accepted.ticket, peer: peer) {
        case .admitted(let principal):
            state = .accepting(accepted, principal)
        case .refused(let error):
            refuse(error, [], context)
        case .checking(let check):
            state = .checking
            let promise = context.eventLoop.makePromise(of: Principal.self)
            promise.completeWithTask(check)
            promise.futureResult.assumeIsolated().whenComplete { result in
                // The client may be gone.
                guard let context = self.context else { return }
                switch result {
                case .success(let principal): self.state = .accepting(accepted, principal)
                case .failure(let error):
                    let error = error as? ServiceError
                    self.refuse(
                        error ?? ServiceError(.unavailable, "The credentials could not be checked.", retryAfter: 1), [],
                        context)
                }
                self.takeParts(context)
                self.resumeReading()
            }
        }
    }

    private func resumeReading() {
        if isReadHeld, held.isEmpty {
            isReadHeld = false
            context?.read()
        }
    }

    /// While parts are held back nothing more is read, so that requests can't pile up behind a password.
    func read(context: ChannelHandlerContext) {
        if held.isEmpty {
            context.read()
        } else {
            isReadHeld = true
        }
    }

    // MARK: - What a connection becomes

    private func becomeFeed(
        _ accepted: FeedHandshake.Accepted, _ principal: Principal?, _ context: ChannelHandlerContext
    ) {
        let channel = context.channel
        guard let head, let handler = server.subscriber(accepted, principal, head, on: channel, deadline: deadline)
        else {
            return refuse(ServiceError(.unauthorized, "The credentials were revoked."), [], context)
        }
        do {
            let pipeline = channel.pipeline.syncOperations
            try pipeline.addHandler(handler)
            pipeline.removeHandler(deadline, promise: nil)
            // Else nothing that the client sends would ever be read.
            if isReadHeld { context.read() }
            isReadHeld = false
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
            try pipeline.addHandler(RequestObserver(server: server, deadline: deadline))
            self.head = nil
            try pipeline.addHandler(HTTP1ToHTTPServerCodec(secure: !server.isDirect))
            try pipeline.addHandler(
                HTTPConnectionStateHandler(idleTimeout: Duration(server.idleTimeout), logger: server.logger))
            let channel = try NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>(
                wrappingChannelSynchronously: context.channel, configuration: .init(isOutboundHalfClosureEnabled: true))
            server.connections.serve(channel, by: server)
            context.fireChannelRead(wrapInboundOut(.head(head)))
            while let part = held.popFirst() { context.fireChannelRead(wrapInboundOut(part)) }
            if isReadHeld { context.read() }
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
            refuse(.unreadableRequest, [], context)
        }
    }

    /// Answers, then waits a moment for the client to read it: closing while bytes of the client are unread would
    /// take the answer away.
    private func refuse(_ error: ServiceError, _ headers: [(String, String)], _ context: ChannelHandlerContext) {
        state = .refused
        let id = RequestIdentifier.of(head?.headers.first(name: RequestIdentifier.header))
        let status = error.code.rawValue
        deadline.report(
            status,
            head.map { server.answered($0, status, requestID: id, on: context.channel) }
                ?? AnsweredRequest(status: status, requestID: id, client: peer?.description))
        context.writeAndFlush(
            wrapOutboundOut(RawResponse.problem(error, headers: headers, requestID: id)), promise: nil)
        context.closeAfterAnswer()
    }
}

extension ChannelHandlerContext {
    /// Ends the connection, but leaves the client a moment to read its answer.
    func closeAfterAnswer() {
        close(mode: .output, promise: nil)
        eventLoop.assumeIsolated().scheduleTask(in: .seconds(2)) { self.close(promise: nil) }
    }
}
