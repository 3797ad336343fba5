import Core
import NIOCore

/// Gives every request a time within which it must have arrived whole, head and body, from its first byte; on a new
/// connection from the moment of accepting. Whoever trickles is answered 408 and cut off.
///
/// Deadlines are only written down; one timer a connection looks at them, so that a request costs no timer of its own.
final class RequestDeadline: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let timeout: TimeAmount
    private let idleTimeout: TimeAmount
    private var timer: Scheduled<Void>?
    private var due: NIODeadline?
    /// It is the next request that is waited for, not the rest of one.
    private var isIdle = false
    /// A request's answer may be under way: then the connection just ends.
    private var isAnswering = false
    /// Every piece of the body has the time that else the whole request has.
    private var isBodyEndless = false

    init(timeout: TimeAmount, idleTimeout: TimeAmount) {
        self.timeout = timeout
        self.idleTimeout = idleTimeout
    }

    func handlerAdded(context: ChannelHandlerContext) {
        requestBegins()
        startTimer(context)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        timer?.cancel()
        timer = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        timer = nil
        context.fireChannelInactive()
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
        guard due == nil else { return }
        due = .now() + idleTimeout
        isIdle = true
    }

    private func requestBegins() {
        due = .now() + timeout
        isIdle = false
    }

    private func startTimer(_ context: ChannelHandlerContext) {
        // At most this far away, the timer is never later than a deadline that is written down in the meantime.
        let next = min(due ?? .distantFuture, .now() + min(timeout, idleTimeout))
        timer = context.eventLoop.assumeIsolated().scheduleTask(deadline: next) {
            if let due = self.due, due <= .now() {
                self.expired(context)
            } else {
                self.startTimer(context)
            }
        }
    }

    private func expired(_ context: ChannelHandlerContext) {
        timer = nil
        if isAnswering || isIdle {
            context.close(promise: nil)
        } else {
            let answer = RawResponse.problem(.init(.requestTimeout, "The request took too long to arrive."))
            context.writeAndFlush(wrapOutboundOut(answer)).assumeIsolated().whenComplete { _ in
                context.close(promise: nil)
            }
        }
    }
}
