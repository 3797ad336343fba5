import Core
import DequeModule
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1

/// Looks at a connection's requests and decides what the connection is: the feed, plain HTTP, or a publisher's.
///
/// A feed gets its own short pipeline. A publisher's requests are answered from here, without a task or another thread,
/// so that publishing costs little more than its commit. Everything else gets Hummingbird's pipeline, and a task. A
/// handshake that can't be granted is answered here.
final class RequestDispatcher: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum State {
        case waiting
        /// The handshake is good; its password is being checked. What comes behind it must wait.
        case checking
        /// The handshake is good; the rest of the request must come.
        case accepting(FeedHandshake.Accepted, Principal?)
        /// The body of a publication is arriving.
        case receiving(HTTPRequestHead, body: ByteBuffer)
        /// A publication is with the writer. What comes behind it must wait.
        case publishing
        /// An answer was given after which the connection ends.
        case refused
    }

    private let server: ConnectionSetup
    private let decoder: ByteToMessageHandler<HTTPRequestDecoder>
    private let deadline: RequestDeadline
    private var context: ChannelHandlerContext?
    private var state = State.waiting
    /// What has been read behind a publication that has not been answered: never more than two reads' worth.
    private var held: Deque<HTTPServerRequestPart> = []
    private var isReadHeld = false
    /// The other end of the connection.
    private var peer: IPAddress?
    private var isLastRequest = false
    /// The client has finished sending, or sent what is no HTTP: what is held back is all that is still to come.
    private var isInputClosed = false

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
        while !isWaiting, let part = held.popFirst() { take(part, context) }
    }

    private var isPublishing: Bool { if case .publishing = state { true } else { false } }
    private var isChecking: Bool { if case .checking = state { true } else { false } }
    /// Nothing can be taken up before something else is done.
    private var isWaiting: Bool { isPublishing || isChecking }

    private func take(_ part: HTTPServerRequestPart, _ context: ChannelHandlerContext) {
        switch (state, part) {
        case (.waiting, .head(let head)):
            decide(head, context)
        case (.accepting(let accepted, let principal), .end):
            becomeFeed(accepted, principal, context)
        case (.receiving(let head, var body), .body(let bytes)):
            // Only one owner at a time, or every piece would copy all of them.
            state = .waiting
            body.writeImmutableBuffer(bytes)
            state = .receiving(head, body: body)
        case (.receiving(let head, let body), .end):
            deadline.requestArrived()
            publish(head, body)
        default: break
        }
    }

    private func decide(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        guard head.hasOneHost else {
            return refuse(ServiceError(.badRequest, "An HTTP/1.1 request must have one Host header."), [], context)
        }
        guard head.hasKnownTransferCoding else {
            return refuse(ServiceError(.badRequest, "The only Transfer-Encoding understood is chunked."), [], context)
        }
        if server.addresses.isOverLimit(context.channel) {
            return refuse(
                ServiceError(.tooManyRequests, "This address has too many connections open.", retryAfter: 5), [],
                context)
        }
        let request = server.basePath.local(head)
        switch server.handshake.decide(request, peer: peer) {
        case .accepted(let accepted):
            admit(accepted, request, context)
        case .refused(let error, let headers):
            refuse(error, headers, context)
        case .other:
            if let length = server.publisher.bodyLength(request) {
                deadline.headArrived()
                var body = ByteBuffer()
                body.reserveCapacity(length)
                state = .receiving(request, body: body)
            } else {
                becomeHTTP(head, context)
            }
        }
    }

    private func admit(_ accepted: FeedHandshake.Accepted, _ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        switch server.policy.admission(head, peer: peer) {
        case .admitted(let principal):
            state = .accepting(accepted, principal)
        case .refused(let error):
            refuse(error, [], context)
        case .checking(let basic, let address):
            state = .checking
            let promise = context.eventLoop.makePromise(of: Principal.self)
            let authenticator = server.policy.authenticator
            promise.completeWithTask { try await authenticator.check(basic, from: address) }
            promise.futureResult.assumeIsolated().whenComplete { result in
                // The client may be gone.
                guard let context = self.context else { return }
                switch result {
                case .success(let principal): self.state = .accepting(accepted, principal)
                case .failure(let error):
                    let error = error as? ServiceError
                    self.refuse(
                        error ?? ServiceError(.unavailable, "The password could not be checked.", retryAfter: 1), [],
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

    // MARK: - Publications

    private func publish(_ head: HTTPRequestHead, _ body: ByteBuffer) {
        guard let context else { return }
        state = .publishing
        if head.headers["connection"].contains(where: { $0.lowercased() == "close" }) { isLastRequest = true }
        do {
            let command = try server.publisher.command(head, body, peer: peer)
            server.publisher.outbox(of: context.eventLoop).submit(command) { outcome in self.answer(outcome) }
        } catch {
            answer(.refused(error))
        }
    }

    private func answer(_ outcome: WriteOutcome) {
        // The client may be gone; what it sent was carried out.
        guard let context else { return }
        if isInputClosed, held.isEmpty { isLastRequest = true }
        let answer = server.publisher.answer(outcome, isLast: isLastRequest)
        context.writeAndFlush(wrapOutboundOut(answer), promise: nil)
        state = .waiting
        guard !isLastRequest else {
            state = .refused
            return endAfterAnswer(context)
        }
        deadline.answered()
        takeParts(context)
        // A request that was cut off by the end of sending.
        if isInputClosed, held.isEmpty, !isPublishing { self.context?.close(promise: nil) }
        resumeReading()
    }

    /// While parts are held back nothing more is read, so that requests can't pile up behind a publication.
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
        // Taken back since, before the hub could hear of this subscriber.
        if let credential = principal?.credential, !server.policy.authenticator.accounts.isValid(credential) {
            return refuse(ServiceError(.unauthorized, "The credentials were revoked."), [], context)
        }
        let channel = context.channel
        let handler = SubscriberHandler(
            hub: server.feed.hub(of: context.eventLoop), query: accepted.query, view: accepted.view,
            prologue: ByteBuffer(string: accepted.response), credential: principal?.credential)
        do {
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
            try pipeline.addHandler(
                HTTPConnectionStateHandler(idleTimeout: Duration(server.idleTimeout), logger: server.logger))
            let channel = try NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>(
                wrappingChannelSynchronously: context.channel, configuration: .init(isOutboundHalfClosureEnabled: true))
            server.connections.serve(channel, by: server)
            context.fireChannelRead(wrapInboundOut(.head(head)))
            while let part = held.popFirst() { context.fireChannelRead(wrapInboundOut(part)) }
            // What was held back came in an earlier turn, and is passed on to the task only by this.
            context.fireChannelReadComplete()
            if isInputClosed { context.fireUserInboundEventTriggered(ChannelEvent.inputClosed) }
            if isReadHeld { context.read() }
            pipeline.removeHandler(context: context, promise: nil)
        } catch {
            server.logger.error("A connection's pipeline could not be built", metadata: ["error": "\(error)"])
            context.close(promise: nil)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case ChannelEvent.inputClosed where isPublishing: isInputClosed = true
        case is ChannelShouldQuiesceEvent where isPublishing: isLastRequest = true
        case ChannelEvent.inputClosed, is ChannelShouldQuiesceEvent: context.close(promise: nil)
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if isPublishing {
            // What came before is still answered; behind this nothing can be understood.
            isInputClosed = true
            return
        }
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
        endAfterAnswer(context)
    }

    private func endAfterAnswer(_ context: ChannelHandlerContext) {
        context.close(mode: .output, promise: nil)
        context.eventLoop.assumeIsolated().scheduleTask(in: .seconds(2)) { context.close(promise: nil) }
    }
}
