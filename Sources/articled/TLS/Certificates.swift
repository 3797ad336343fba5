import Core
import Logging
import NIOSSL
import Synchronization

/// The certificate that the daemon shows: new connections get the newest, open ones keep what they began with.
final class Certificates: Sendable {
    private let isHTTP2: Bool
    private let logger: Logger
    private let current: Mutex<ServerCertificate>

    /// - Throws: ``CertificateError``.
    init(certificateFile: String, keyFile: String, isHTTP2: Bool, logger: Logger) throws(CertificateError) {
        self.isHTTP2 = isHTTP2
        self.logger = logger
        let first = try ServerCertificate(certificateFile: certificateFile, keyFile: keyFile, isHTTP2: isHTTP2)
        current = Mutex(first)
        warn(first)
    }

    var newest: ServerCertificate { current.withLock { $0 } }

    /// Reads a pair, which may be in the same files as the one in use; what it returns takes it into use, and says what
    /// it is.
    ///
    /// - Throws: ``CertificateError``; the old pair stays in use.
    func prepare(certificateFile: String, keyFile: String) throws(CertificateError) -> @Sendable () -> String {
        let next = try ServerCertificate(certificateFile: certificateFile, keyFile: keyFile, isHTTP2: isHTTP2)
        return {
            self.current.withLock { $0 = next }
            self.warn(next)
            return next.summary
        }
    }

    /// Says again what has to be done about the certificate, if anything.
    func remind() {
        warn(newest)
    }

    private func warn(_ certificate: ServerCertificate) {
        guard let problem = certificate.problem(at: .now) else { return }
        logger.warning(
            "\(problem)",
            metadata: [
                "certificate": "\(certificate.file)", "from": "\(certificate.notBefore)",
                "to": "\(certificate.notAfter)",
            ])
    }
}
