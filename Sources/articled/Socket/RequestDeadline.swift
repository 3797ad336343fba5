import Core
import NIOCore

/// Gives every request a time within which it must have arrived whole, head and body, from its first byte; on a new
/// connection from the moment of accepting. Whoever trickles is answered 408 and cut off.
final class RequestDeadline: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let timeout: TimeAmount
    private var task: Scheduled<Void>?
    /// A request's answer may be under way: then the connection just ends.
    private var isAnswering = false

    init(timeout: TimeAmount) {
        self.timeout = timeout
    }

    func handlerAdded(context: ChannelHandlerContext) {
        arm(context)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        disarm()
    }

    func channelInactive(context: ChannelHandlerContext) {
        disarm()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if task == nil { arm(context) }
        context.fireChannelRead(data)
    }

    /// The request's head is complete.
    func headArrived() {
        isAnswering = true
    }

    /// The request is complete.
    func requestArrived() {
        disarm()
        isAnswering = false
    }

    private func arm(_ context: ChannelHandlerContext) {
        task = context.eventLoop.assumeIsolated().scheduleTask(in: timeout) { self.expired(context) }
    }

    private func disarm() {
        task?.cancel()
        task = nil
    }

    private func expired(_ context: ChannelHandlerContext) {
        task = nil
        if isAnswering {
            context.close(promise: nil)
        } else {
            let answer = RawResponse.problem(.init(.requestTimeout, "The request took too long to arrive."))
            context.writeAndFlush(wrapOutboundOut(answer)).assumeIsolated().whenComplete { _ in
                context.close(promise: nil)
            }
        }
    }
}
