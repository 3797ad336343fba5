import Core
import Logging
import NIOCore
import NIOPosix

/// A connection as it begins, and as long as it sends nothing but plain publications: reads them, brings them to the
/// writer and answers, without a task, another thread or a general parser of HTTP in between. So publishing costs little
/// more than its commit.
///
/// With the first request of another kind the connection is handed over to ``RequestDispatcher``, for good.
final class PublisherHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum State {
        case reading
        /// The head of a publication is complete; the body is arriving.
        case receiving(PublicationHead)
        /// A publication is with the writer. What comes behind it must wait.
        case publishing
        /// Nothing more is taken: the connection ends, or belongs to others now.
        case done
    }

    private let server: ConnectionSetup
    private let deadline: RequestDeadline
    private var context: ChannelHandlerContext?
    private var state = State.reading
    /// What has come and has not been taken up.
    private var held = ByteBuffer()
    /// Reads in which a head has not become complete.
    private var headReads = 0
    private var isReadHeld = false
    private var isTakingUp = false
    private var isLastRequest = false
    /// The client has finished sending: what is held is all that is still to come.
    private var isInputClosed = false
    private var bearer = PresentedBearer()
    /// What the publication under way is called, and what else the access log wants to know.
    private var requestID = ""
    private var accessNote: AccessNote?

    private struct AccessNote {
        let client: String
        let user: String
        let started: ContinuousClock.Instant
    }
    private var peer: IPAddress?
    private var descriptor: CInt?
    /// A part of an answer is inside NIO: the client does not read.
    private var isWriting = false

    /// A head that comes in more pieces than this goes to the complete parser, which remembers where it was.
    private static let maxHeadReads = 4

    init(server: ConnectionSetup, deadline: RequestDeadline) {
        self.server = server
        self.deadline = deadline
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.context = nil
        context.fireChannelInactive()
    }

    private var isPublishing: Bool { if case .publishing = state { true } else { false } }

    // MARK: - Requests

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        if held.readableBytes == 0 {
            held = bytes
        } else {
            // A client that never pauses would else make this longer and longer: it is never empty.
            held.discardReadBytes()
            held.writeBuffer(&bytes)
        }
        takeUp(context)
    }

    private func takeUp(_ context: ChannelHandlerContext) {
        isTakingUp = true
        defer { isTakingUp = false }
        while held.readableBytes > 0 {
            switch state {
            case _ where isWriting: return
            case .reading:
                guard readHead(context) else { return }
            case .receiving(let head):
                guard held.readableBytes >= head.length + head.contentLength else { return }
                deadline.requestArrivedForAnswer()
                publish(head, context)
            case .publishing: return
            case .done:
                held = ByteBuffer()
                return
            }
        }
        // Nothing is left of it, and its memory need not be kept.
        held = ByteBuffer()
    }

    /// Reads a head; false if there is nothing to go on with.
    private func readHead(_ context: ChannelHandlerContext) -> Bool {
        let reading = held.withUnsafeReadableBytes { PublicationHead.read($0) }
        switch reading {
        case .incomplete where headReads < Self.maxHeadReads && held.readableBytes < server.maxHeaderBytes:
            headReads += 1
            return false
        case .head(let head)
        where head.length <= server.maxHeaderBytes && head.contentLength <= server.publisher.maxRequestBytes
            && !server.isOverLimit(context.channel):
            headReads = 0
            state = .receiving(head)
            deadline.headArrived()
            let missing = head.length + head.contentLength - held.readableBytes
            if missing > 0 { held.reserveCapacity(minimumWritableBytes: missing) }
            return true
        case .incomplete, .head, .other:
            if !becomeFeed(context) { handOver(context) }
            return false
        }
    }

    private func publish(_ head: PublicationHead, _ context: ChannelHandlerContext) {
        if peer == nil { peer = IPAddress(context.remoteAddress) }
        state = .publishing
        isLastRequest = isLastRequest || head.isLast
        // There are as many bytes as the head says.
        let request = held.readSlice(length: head.length + head.contentLength) ?? ByteBuffer()
        requestID = RequestIdentifier.of(
            head.requestID.flatMap { request.getString(at: request.readerIndex + $0.lowerBound, length: $0.count) })
        do {
            let command = try server.publisher.command(head, of: request, peer: peer, bearer: &bearer)
            if deadline.watch.accessLog.isOn { note(command) }
            server.publisher.outbox(of: context.eventLoop).submit(command) { outcome in self.answer(outcome) }
        } catch {
            answer(.refused(error))
        }
    }

    private func note(_ command: WriteCommand) {
        guard case .create(_, let actor, _, _) = command else { return }
        accessNote = AccessNote(client: actor.address, user: actor.name, started: .now)
    }

    /// What the access log is told of the publication that is answered now.
    private func answered(_ answer: DirectPublisher.RawAnswer) -> AnsweredRequest {
        AnsweredRequest(
            method: "POST", path: server.basePath.link("/api/articles/"), status: answer.status, requestID: requestID,
            bytes: answer.bodyBytes, client: accessNote?.client ?? peer?.description, user: accessNote?.user,
            started: accessNote?.started)
    }

    private func answer(_ outcome: WriteOutcome) {
        // The client may be gone; what it sent was carried out.
        guard let context else { return }
        if isInputClosed, held.readableBytes == 0 { isLastRequest = true }
        let answer = server.publisher.answer(outcome, isLast: isLastRequest, requestID: requestID)
        deadline.report(answer.status, answered(answer))
        accessNote = nil
        write(answer.bytes, context)
        guard !isLastRequest else {
            state = .done
            held = ByteBuffer()
            return context.closeAfterAnswer()
        }
        state = .reading
        deadline.answered()
        goOn(context)
    }

    private func goOn(_ context: ChannelHandlerContext) {
        // After an answer that was given at once, whoever is taking up goes on with what is behind it.
        guard !isTakingUp else { return }
        takeUp(context)
        switch state {
        // What is left was cut off by the end of sending.
        case .reading, .receiving: if isInputClosed, !isWriting { context.close(promise: nil) }
        case .publishing, .done: break
        }
        if isReadHeld, !mustHoldRead {
            isReadHeld = false
            context.read()
        }
    }

    /// Past NIO, which holds nothing for this channel; what the kernel does not take goes through NIO, and all that is
    /// to be encrypted.
    private func write(_ bytes: ByteBuffer, _ context: ChannelHandlerContext) {
        let descriptor = self.descriptor ?? (server.isDirect ? DirectSend.descriptor(of: context) : -1)
        self.descriptor = descriptor
        let sent = descriptor < 0 ? 0 : bytes.withUnsafeReadableBytes { DirectSend.send($0, to: descriptor) }
        guard sent < bytes.readableBytes else { return }
        var rest = bytes
        rest.moveReaderIndex(forwardBy: max(0, sent))
        isWriting = true
        context.writeAndFlush(wrapOutboundOut(rest)).assumeIsolated().whenComplete { result in
            self.isWriting = false
            // Else the connection has ended, and its descriptor may be another's by now.
            guard case .success = result, let context = self.context else { return }
            self.goOn(context)
        }
    }

    // MARK: - Reading

    /// While something waits behind a publication nothing more is read, so that requests can't pile up.
    private var mustHoldRead: Bool { held.readableBytes > 0 && (isPublishing || isWriting) }

    func read(context: ChannelHandlerContext) {
        if mustHoldRead {
            isReadHeld = true
        } else {
            context.read()
        }
    }

    // MARK: - What a connection becomes

    /// Makes the connection a subscriber's, if what has come is a plain handshake that can be granted at once.
    private func becomeFeed(_ context: ChannelHandlerContext) -> Bool {
        guard let head = held.withUnsafeReadableBytes({ HandshakeHead.read($0) }),
            let subscriber = server.subscriber(head, on: context.channel, deadline: deadline)
        else { return false }
        state = .done
        held = ByteBuffer()
        do {
            let pipeline = context.pipeline.syncOperations
            try pipeline.addHandler(subscriber)
            pipeline.removeHandler(deadline, promise: nil)
            if isReadHeld { context.read() }
            isReadHeld = false
            pipeline.removeHandler(context: context, promise: nil)
        } catch {
            server.logger.error("A subscriber's pipeline could not be built", metadata: ["error": "\(error)"])
            context.close(promise: nil)
        }
        return true
    }

    /// Gives the connection, and all that has come and was not taken up, to those who understand every request.
    private func handOver(_ context: ChannelHandlerContext) {
        state = .done
        let bytes = held
        held = ByteBuffer()
        do {
            try server.addDispatcher(to: context.pipeline.syncOperations, deadline: deadline)
        } catch {
            server.logger.error("A connection's pipeline could not be built", metadata: ["error": "\(error)"])
            return context.close(promise: nil)
        }
        context.fireChannelRead(wrapInboundOut(bytes))
        // Bytes that came in an earlier turn are passed on to a task only by this.
        context.fireChannelReadComplete()
        if isInputClosed { context.fireUserInboundEventTriggered(ChannelEvent.inputClosed) }
        guard self.context != nil else { return }
        if isReadHeld { context.read() }
        isReadHeld = false
        context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
    }

    // MARK: - The end

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch (event, state) {
        case (ChannelEvent.inputClosed, .publishing): isInputClosed = true
        // Only once the answer has left.
        case (ChannelEvent.inputClosed, _) where isWriting, (is ChannelShouldQuiesceEvent, _) where isWriting:
            isInputClosed = true
        case (is ChannelShouldQuiesceEvent, .publishing), (is ChannelShouldQuiesceEvent, .receiving):
            isLastRequest = true
        case (ChannelEvent.inputClosed, .reading), (ChannelEvent.inputClosed, .receiving),
            (is ChannelShouldQuiesceEvent, .reading):
            context.close(promise: nil)
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard case .done = state else { return context.close(promise: nil) }
        context.fireErrorCaught(error)
    }
}
