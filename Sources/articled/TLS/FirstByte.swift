import Core
import NIOCore

/// TLS begins with a handshake record (RFC 8446 section 5.1), HTTP with a letter.
private let handshakeRecord: UInt8 = 22

/// The first handler of a connection that must speak TLS: tells those who speak plain HTTP so in their own protocol.
final class PlainTextGate: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let failures: HandshakeFailures
    private var isRefused = false

    init(failures: HandshakeFailures) {
        self.failures = failures
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isRefused, let first = unwrapInboundIn(data).readableBytesView.first else { return }
        guard first != handshakeRecord else {
            context.fireChannelRead(data)
            context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
            return
        }
        isRefused = true
        failures.note(.plainText, context.channel)
        let answer = RawResponse.problem(
            ServiceError(.badRequest, "This port speaks TLS: say https:// or wss://."),
            requestID: RequestIdentifier.make())
        context.writeAndFlush(wrapOutboundOut(answer), promise: nil)
        context.closeAfterAnswer()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        // The cipher would take it for a handshake that broke.
        if isRefused, case ChannelEvent.inputClosed = event { return context.close(promise: nil) }
        context.fireUserInboundEventTriggered(event)
    }
}

/// Notices a client that speaks TLS to a port that does not; it is answered like anybody who speaks no HTTP.
final class TLSHelloWatch: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let failures: HandshakeFailures

    init(failures: HandshakeFailures) {
        self.failures = failures
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if unwrapInboundIn(data).readableBytesView.first == handshakeRecord {
            failures.note(.unexpectedTLS, context.channel)
        }
        context.fireChannelRead(data)
        context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
    }
}
