import NIOCore

/// Why a connection did not come to speak what this port speaks: the kinds that are told apart in the log and in the
/// figures, without addresses and file names.
enum HandshakeFailure: String, CaseIterable, Sendable {
    case version
    case cipher
    case untrusted
    case expired
    case rejected
    case plainText = "plain_text"
    case unexpectedTLS = "unexpected_tls"
    case other

    /// - Returns: `nil` if the client just hung up, as those do who look whether a port is open.
    init?(_ error: any Error) {
        let text = "\(error)"
        if text.contains("EOF during handshake") || error is IOError { return nil }
        for (mark, failure) in [
            ("UNSUPPORTED_PROTOCOL", Self.version), ("NO_SHARED_CIPHER", .cipher), ("ALERT_UNKNOWN_CA", .untrusted),
            ("ALERT_CERTIFICATE_EXPIRED", .expired), ("ALERT_BAD_CERTIFICATE", .rejected),
            ("ALERT_CERTIFICATE_UNKNOWN", .rejected),
            // Where the cipher has begun already (TLS 1.3), OpenSSL's clients say in plain text that they don't accept it.
            ("DECRYPTION_FAILED_OR_BAD_RECORD_MAC", .rejected),
        ] where text.contains(mark) {
            self = failure
            return
        }
        self = .other
    }

    /// For the log.
    var text: String {
        switch self {
        case .version:
            "A TLS handshake failed: the client speaks no version of TLS that is spoken here (1.2 and 1.3)"
        case .cipher: "A TLS handshake failed: client and server have no cipher in common"
        case .untrusted: "A TLS handshake failed: the client does not trust who signed the certificate"
        case .expired: "A TLS handshake failed: the client finds the certificate expired"
        case .rejected: "A TLS handshake failed: the client does not accept the certificate"
        case .plainText: "A client spoke plain HTTP to this port, which speaks TLS"
        case .unexpectedTLS: "A client spoke TLS to this port, which does not"
        case .other: "A TLS handshake failed: what the client sent is no TLS handshake"
        }
    }
}
