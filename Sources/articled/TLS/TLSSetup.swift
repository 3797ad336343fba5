import NIOCore
import NIOSSL

/// What connections need that speak TLS.
struct TLSSetup: Sendable {
    let certificates: Certificates
    let failures: HandshakeFailures
    let http2: HTTP2Limits

    /// Puts TLS in front of a connection that was accepted; on its event loop.
    func begin(_ server: ConnectionSetup, _ pipeline: ChannelPipeline.SynchronousOperations, deadline: RequestDeadline)
        throws
    {
        try pipeline.addHandler(PlainTextGate(failures: failures))
        try pipeline.addHandler(NIOSSLServerHandler(context: certificates.newest.context))
        try pipeline.addHandler(TLSSession(server: server, tls: self, deadline: deadline))
        try pipeline.addHandler(deadline)
    }
}
