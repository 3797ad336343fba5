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
            if let reason = HandshakeReason.text(error) {
                tls.failures.note("A TLS handshake failed: \(reason)", context.channel)
            }
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

/// Why handshakes fail, in words that can be counted: without addresses and file names.
enum HandshakeReason {
    ///
    /// - Returns: `nil` if the client just hung up, as those do who look whether a port is open.
    static func text(_ error: any Error) -> String? {
        let text = "\(error)"
        if text.contains("EOF during handshake") || error is IOError { return nil }
        for (mark, reason) in [
            ("UNSUPPORTED_PROTOCOL", "the client speaks no version of TLS that is spoken here (1.2 and 1.3)"),
            ("NO_SHARED_CIPHER", "client and server have no cipher in common"),
            ("ALERT_UNKNOWN_CA", "the client does not trust who signed the certificate"),
            ("ALERT_CERTIFICATE_EXPIRED", "the client finds the certificate expired"),
            ("ALERT_BAD_CERTIFICATE", "the client does not accept the certificate"),
            ("ALERT_CERTIFICATE_UNKNOWN", "the client does not accept the certificate"),
        ] where text.contains(mark) { return reason }
        return "what the client sent is no TLS handshake"
    }
}
