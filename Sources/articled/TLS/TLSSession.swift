import Logging
import NIOCore
import NIOSSL
import NIOTLS

/// Stands behind the cipher of a connection: begins what the handshake has agreed on (ALPN, RFC 7301), and makes a
/// connection end as it does without TLS.
///
/// A client that hangs up without saying so in TLS has finished sending like any other; requests and frames have their
/// own marks of their end. And whoever closes a connection does not wait for the client's consent (RFC 8446 section
/// 6.1), which might never come.
final class TLSSession: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let server: ConnectionSetup
    private let tls: TLSSetup
    private let deadline: RequestDeadline
    private var isOpen = false

    init(server: ConnectionSetup, tls: TLSSetup, deadline: RequestDeadline) {
        self.server = server
        self.tls = tls
        self.deadline = deadline
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case TLSUserEvent.handshakeCompleted(let negotiated):
            isOpen = true
            begin(negotiated, context)
        case is ChannelShouldQuiesceEvent where !isOpen, ChannelEvent.inputClosed where !isOpen:
            context.close(promise: nil)
        default:
            context.fireUserInboundEventTriggered(event)
        }
    }

    private func begin(_ negotiated: String?, _ context: ChannelHandlerContext) {
        do {
            if negotiated == "h2" {
                try server.beginHTTP2(on: context.channel, limits: tls.http2)
                context.pipeline.syncOperations.removeHandler(deadline, promise: nil)
            } else {
                deadline.handshakeEnded()
                try server.beginHTTP1(context.pipeline.syncOperations, deadline: deadline)
            }
        } catch {
            server.logger.error("A connection's pipeline could not be built", metadata: ["error": "\(error)"])
            context.close(promise: nil)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard isOpen else {
            if let failure = HandshakeFailure(error) { tls.failures.note(failure, context.channel) }
            return context.close(promise: nil)
        }
        switch error {
        // The end of input is told of, too.
        case NIOSSLError.uncleanShutdown: break
        default: context.fireErrorCaught(error)
        }
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        guard mode == .all,
            let cipher = try? context.pipeline.syncOperations.context(handlerType: NIOSSLServerHandler.self)
        else { return context.close(mode: mode, promise: promise) }
        // This says so to the client, and would wait.
        context.close(promise: nil)
        cipher.close(promise: promise)
    }
}
