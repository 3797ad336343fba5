import Core
import NIOCore
import NIOWebSocket

/// Turns the messages of an open connection into frames of the feed, and keeps the WebSocket's own manners.
final class FeedConnectionHandler: ChannelDuplexHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundIn = WebSocketFrame
    typealias OutboundOut = WebSocketFrame

    /// An outbound event: the owner is done, close with 1000.
    struct Goodbye: Sendable {}

    private let owner: SubscriptionDriver
    private let report: ClosureReport
    private var closure: SubscriptionMachine.Closure?

    init(owner: SubscriptionDriver, report: ClosureReport) {
        self.owner = owner
        self.report = report
    }

    func handlerAdded(context: ChannelHandlerContext) {
        owner.connected(context.channel)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        switch frame.opcode {
        case .text:
            receive(frame, context)
        case .ping:
            context.writeAndFlush(
                wrapOutboundOut(
                    WebSocketFrame(fin: true, opcode: .pong, maskKey: .random(), data: frame.unmaskedData)),
                promise: nil)
        case .connectionClose:
            var payload = frame.unmaskedData
            let code = payload.readInteger(as: UInt16.self) ?? 1005
            let reason = payload.readString(length: payload.readableBytes) ?? ""
            closure = .closed(code: code, reason: reason)
            sayGoodbye(code == 1005 ? 1000 : code, context)
        default:
            break
        }
    }

    private func receive(_ frame: WebSocketFrame, _ context: ChannelHandlerContext) {
        do {
            let bytes = frame.unmaskedData
            let decoded = try bytes.withUnsafeReadableBytes { raw in
                try raw.withMemoryRebound(to: UInt8.self) { try FeedFrame(decoding: $0) }
            }
            owner.received(decoded)
        } catch {
            closure = .failed(reason: "the server sent a frame that is no feed (\(error))")
            sayGoodbye(1002, context)
        }
    }

    func triggerUserOutboundEvent(context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?) {
        if event is Goodbye {
            sayGoodbye(1000, context)
            promise?.succeed()
        } else {
            context.triggerUserOutboundEvent(event, promise: promise)
        }
    }

    private func sayGoodbye(_ code: UInt16, _ context: ChannelHandlerContext) {
        var payload = context.channel.allocator.buffer(capacity: 2)
        payload.writeInteger(code)
        let frame = WebSocketFrame(fin: true, opcode: .connectionClose, maskKey: .random(), data: payload)
        context.writeAndFlush(wrapOutboundOut(frame)).assumeIsolated().whenComplete { _ in context.close(promise: nil) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        report.closed(closure ?? .failed(reason: "the connection broke"))
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if closure == nil { closure = .failed(reason: ConnectionFailure.reason(error)) }
        context.close(promise: nil)
    }
}
