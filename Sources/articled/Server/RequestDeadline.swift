import Core
import NIOCore

/// Gives every request a time within which it must have arrived whole, head and body, from its first byte; on a new
/// connection from the moment of accepting. Whoever trickles is answered 408 and cut off.
///
/// The deadline is only written down; ``DeadlineWatch`` looks at it.
final class RequestDeadline: ChannelInboundHandler, RemovableChannelHandler, WatchedDeadline {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Of the connection's event loop.
    let watch: DeadlineWatch
    var indexInWatch: Int?
    private var context: ChannelHandlerContext?
    private var due: NIODeadline?
    /// It is the next request that is waited for, not the rest of one.
    private var isIdle = false
    /// A request's answer may be under way: then the connection just ends.
    private var isAnswering = false
    /// Every piece of the body has the time that else the whole request has.
    private var isBodyEndless = false
    /// Nothing can be said to the client yet.
    private var isHandshaking: Bool

    /// It belongs to a connection, and not to a stream of one of HTTP/2, which can't be written to as bytes.
    private let isConnection: Bool

    /// Is told of the connection's first answer.
    private var open: OpenConnections?

    /// - Parameters:
    ///   - open: is told when the connection has been answered for the first time.
    ///   - isHandshaking: TLS must be agreed on first, within the same time.
    ///   - isConnection: false for a stream of HTTP/2.
    init(
        watch: DeadlineWatch, open: OpenConnections? = nil, isHandshaking: Bool = false, isConnection: Bool = true
    ) {
        self.watch = watch
        self.open = open
        self.isConnection = isConnection
        self.isHandshaking = isHandshaking
    }

    func handshakeEnded() {
        isHandshaking = false
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        requestBegins()
        watch.add(self)
        guard isConnection else { return }
        watch.figures.accepted += 1
        watch.figures.connections += 1
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        end()
    }

    func channelInactive(context: ChannelHandlerContext) {
        end()
        context.fireChannelInactive()
    }

    private func end() {
        watch.remove(self)
        if context != nil, isConnection { watch.figures.connections -= 1 }
        context = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if due == nil || isIdle || isBodyEndless { requestBegins() }
        context.fireChannelRead(data)
    }

    /// The request's head is complete.
    func headArrived() {
        isAnswering = true
    }

    /// The request is complete.
    func requestArrived() {
        due = nil
        isAnswering = false
        isBodyEndless = false
    }

    /// The request is complete, and until it has been ``answered()`` nothing else may stand in front of its answer.
    func requestArrivedForAnswer() {
        requestArrived()
        isAnswering = true
    }

    /// Lets the body of the connection's present request take as long as it goes on; from any thread.
    static func bodyMayTakeItsTime(on channel: any Channel) async throws {
        try await channel.eventLoop.submit {
            let deadline = try channel.pipeline.syncOperations.handler(type: RequestDeadline.self)
            // It may have come whole already.
            if deadline.due != nil { deadline.isBodyEndless = true }
        }.get()
    }

    /// The request has been answered, and the next may take its time. Where Hummingbird answers it watches over that.
    func answered() {
        isAnswering = false
        guard due == nil, let context else { return }
        due = context.eventLoop.now + watch.idleTimeout
        isIdle = true
    }

    /// Counts an answer.
    func count(_ status: Int) {
        watch.figures.count(status)
        guard let open, let context else { return }
        open.answered(context.channel)
        self.open = nil
    }

    /// Counts an answer, and tells the access log of it if there is one.
    func report(_ status: Int, _ answer: @autoclosure () -> AnsweredRequest) {
        count(status)
        if watch.accessLog.isOn { watch.accessLog.write(answer()) }
    }

    private func requestBegins() {
        guard let context else { return }
        due = context.eventLoop.now + watch.timeout
        isIdle = false
    }

    func isExpired(at now: NIODeadline) -> Bool {
        due.map { $0 <= now } ?? false
    }

    func expire() {
        guard let context else { return }
        watch.remove(self)
        if isIdle {
            watch.figures.idleCloses += 1
            context.close(promise: nil)
        } else if isAnswering || isHandshaking || !isConnection {
            watch.figures.cutOff += 1
            context.close(promise: nil)
        } else {
            let id = RequestIdentifier.make()
            let answer = RawResponse.problem(
                .init(.requestTimeout, "The request took too long to arrive."), requestID: id)
            report(
                408,
                AnsweredRequest(status: 408, requestID: id, client: IPAddress(context.remoteAddress)?.description))
            context.writeAndFlush(wrapOutboundOut(answer)).assumeIsolated().whenComplete { _ in
                context.close(promise: nil)
            }
        }
    }
}
