import Core
import NIOCore
import NIOPosix
import NIOSSL

/// Finds out what is wrong with a server's certificate, of which the failure of a handshake does not tell: looks at it in
/// another handshake, which fails in any case, before anything is sent.
enum CertificateDiagnosis {
    private static let timeout = TimeAmount.seconds(5)

    /// Why a connection failed, in more detail where the certificate was the reason.
    static func reason(_ error: any Error, _ server: ServerURL) async -> String {
        let reason = ConnectionFailure.reason(error)
        guard server.isSecure, ConnectionFailure.isAboutCertificate(error) else { return reason }
        let certificate = try? await certificate(of: server, on: MultiThreadedEventLoopGroup.singleton.next()).get()
        guard let certificate else { return reason }
        return ConnectionFailure.isAboutName(error)
            ? wrongName(certificate, server) : wrongTime(certificate, now: .now) ?? reason
    }

    private static func wrongName(_ certificate: NIOSSLCertificate, _ server: ServerURL) -> String {
        let names = certificate.names
        let list = names.prefix(3).joined(separator: ", ") + (names.count > 3 ? ", …" : "")
        return "its certificate is for \(names.isEmpty ? "another name" : list), not for \(server.host)"
    }

    /// - Returns: `nil` if it is valid now.
    private static func wrongTime(_ certificate: NIOSSLCertificate, now: Timestamp) -> String? {
        func moment(_ seconds: time_t) -> Timestamp { Timestamp(milliseconds: Int64(seconds) * 1000) }
        let (start, end) = (moment(certificate.notValidBefore), moment(certificate.notValidAfter))
        if now > end { return "its certificate expired on \(end)" }
        if now < start { return "its certificate is not valid before \(start); is the clock of this machine right?" }
        return nil
    }

    /// The certificate that a server shows.
    static func certificate(of server: ServerURL, on eventLoop: any EventLoop) -> EventLoopFuture<NIOSSLCertificate?> {
        let shown = eventLoop.makePromise(of: NIOSSLCertificate?.self)
        let look = ClientBootstrap(group: eventLoop)
            .connectTimeout(timeout)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let context = try NIOSSLContext(configuration: .makeClientConfiguration())
                    try channel.pipeline.syncOperations.addHandler(
                        try NIOSSLClientHandler(
                            context: context, serverHostname: server.isAddress ? nil : server.host,
                            customVerificationCallback: { chain, verdict in
                                shown.succeed(chain.first)
                                verdict.succeed(.failed)
                            }))
                }
            }
            .connect(host: server.host, port: server.port)
        look.whenFailure { shown.fail($0) }
        look.whenSuccess { channel in
            channel.closeFuture.whenComplete { _ in shown.succeed(nil) }
            eventLoop.scheduleTask(in: timeout) { channel.close(promise: nil) }
            // Nothing more is wanted of it.
            shown.futureResult.whenComplete { _ in channel.close(promise: nil) }
        }
        return shown.futureResult
    }
}

extension NIOSSLCertificate {
    /// The names and addresses that it is for (RFC 5280 section 4.2.1.6).
    fileprivate var names: [String] {
        _subjectAlternativeNames().compactMap { name in
            switch name.nameType {
            case .dnsName: String(decoding: name.contents, as: UTF8.self)
            case .ipAddress:
                (try? SocketAddress(packedIPAddress: ByteBuffer(bytes: name.contents), port: 0))?.ipAddress
            default: nil
            }
        }
    }
}
