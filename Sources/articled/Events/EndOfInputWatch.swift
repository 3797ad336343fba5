import NIOCore

/// Notices that the client has finished sending, which for one that only reads an endless stream means that it has gone.
final class EndOfInputWatch: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer

    private let onEnd: () -> Void

    init(onEnd: @escaping () -> Void) {
        self.onEnd = onEnd
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed = event {
            onEnd()
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }
}
