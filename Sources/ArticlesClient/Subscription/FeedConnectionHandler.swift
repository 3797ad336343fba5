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

    /// How long the server has to answer our close frame.
    private static let closeTimeout = TimeAmount.seconds(2)

    private let owner: SubscriptionDriver
    private let report: ClosureReport
    private var closure: SubscriptionMachine.Closure?
    private var hasSaidGoodbye = false
    private var closeDeadline: Scheduled<Void>?

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
        case .connectionClose:
            receiveClose(frame, context)
        case _ where hasSaidGoodbye:
            // After a close frame nothing more is taken (RFC 6455 section 1.4); we only wait for the answer.
            break
        case .text:
            receive(frame, context)
        case .ping:
            let pong = WebSocketFrame(fin: true, opcode: .pong, maskKey: .random(), data: frame.unmaskedData)
            context.writeAndFlush(wrapOutboundOut(pong), promise: nil)
            owner.pinged()
        case .binary:
            fail("the server sent a binary frame")
            sayGoodbye(.unacceptableData, context)
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
            fail("the server sent a frame that is no feed (\(error))")
            sayGoodbye(.protocolError, context)
        }
    }

    private func receiveClose(_ frame: WebSocketFrame, _ context: ChannelHandlerContext) {
        var payload = frame.unmaskedData
        // 1005 stands for a close frame without a code (RFC 6455 section 7.4.1); it must not be sent.
        let code = payload.readInteger(as: UInt16.self) ?? 1005
        let reason = payload.readString(length: payload.readableBytes) ?? ""
        if closure == nil { closure = .closed(code: code, reason: reason) }
        if hasSaidGoodbye {
            context.close(promise: nil)
        } else {
            sayGoodbye(code == 1005 ? .normalClosure : WebSocketErrorCode(codeNumber: Int(code)), context)
                .assumeIsolated().whenComplete { _ in context.close(promise: nil) }
        }
    }

    func triggerUserOutboundEvent(context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?) {
        if event is Goodbye {
            sayGoodbye(.normalClosure, context)
            promise?.succeed()
        } else {
            context.triggerUserOutboundEvent(event, promise: promise)
        }
    }

    /// Sends a close frame. The connection ends when the server answers it, or after a while: cut at once, what the
    /// server still sends would be answered with a reset, and the close frame might be lost in that.
    @discardableResult
    private func sayGoodbye(_ code: WebSocketErrorCode, _ context: ChannelHandlerContext) -> EventLoopFuture<Void> {
        guard !hasSaidGoodbye else { return context.eventLoop.makeSucceededVoidFuture() }
        hasSaidGoodbye = true
        // The owner may have been behind, so that nothing was read. Fails only for a channel that has just closed.
        try? context.channel.syncOptions?.setOption(.autoRead, value: true)
        closeDeadline = context.eventLoop.assumeIsolated().scheduleTask(in: Self.closeTimeout) {
            context.close(promise: nil)
        }
        var payload = context.channel.allocator.buffer(capacity: 2)
        payload.write(webSocketErrorCode: code)
        let frame = WebSocketFrame(fin: true, opcode: .connectionClose, maskKey: .random(), data: payload)
        return context.writeAndFlush(wrapOutboundOut(frame))
    }

    private func fail(_ reason: String) {
        if closure == nil { closure = .failed(reason: reason) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        closeDeadline?.cancel()
        report.closed(closure ?? .failed(reason: "the connection broke"))
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        fail(ConnectionFailure.reason(error))
        if error is FrameValidator.Violation {
            sayGoodbye(.protocolError, context)
        } else {
            context.close(promise: nil)
        }
    }
}
