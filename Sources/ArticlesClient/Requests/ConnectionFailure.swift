import AsyncHTTPClient
import Foundation
import NIOCore
import NIOPosix
import NIOHTTP1
import NIOSSL
import NIOWebSocket

/// Says in plain words why a connection failed.
enum ConnectionFailure {
    static func reason(_ error: any Error) -> String {
        switch error {
        case let error as NIOConnectionError:
            if error.dnsAError != nil, error.dnsAAAAError != nil, error.connectionErrors.isEmpty {
                return "the host name \(error.host) is not known"
            }
            guard let first = error.connectionErrors.first else { return "no connection" }
            return reason(first.error)
        case let error as IOError:
            return reason(errno: error.errnoCode)
        case let error as HTTPClientError where error == .connectTimeout || error == .deadlineExceeded:
            return "it did not answer in time"
        case let error as HTTPClientError where error == .remoteConnectionClosed:
            return "it closed the connection"
        case let error as HTTPClientError:
            return error.shortDescription.lowercased()
        case ChannelError.connectTimeout:
            return "it did not answer in time"
        case let error as NIOSSLExtraError
        where error == .failedToValidateHostname || error == .serverHostnameImpossibleToMatch:
            return "its certificate is for another name"
        case NIOSSLError.uncleanShutdown:
            return "it closed the connection"
        case is NIOSSLError, is NIOSSLExtraError, is BoringSSLError:
            return reason(tls: "\(error)")
        case is CancellationError:
            return "the call was cancelled"
        case is NIOWebSocketError, is NIOWebSocketFrameAggregator.Error, is FrameValidator.Violation:
            return "it broke the WebSocket protocol (\(error))"
        case is HTTPParserError, is NIOHTTPClientUpgradeError:
            return "it does not answer like an articles server (\(error))"
        default:
            return "\(error)"
        }
    }

    /// Whether the request may have reached the server although no answer came: then a repetition may help.
    static func mayHaveArrived(_ error: any Error) -> Bool {
        switch error {
        case let error as HTTPClientError:
            [.deadlineExceeded, .readTimeout, .writeTimeout, .remoteConnectionClosed].contains(error)
        case let error as IOError: [ECONNRESET, EPIPE, ETIMEDOUT].contains(error.errnoCode)
        case is HTTPParserError: true
        case NIOSSLError.uncleanShutdown: true
        case ChannelError.ioOnClosedChannel, ChannelError.inputClosed, ChannelError.eof: true
        default: false
        }
    }

    /// Whether the server showed a certificate that was not accepted.
    static func isAboutCertificate(_ error: any Error) -> Bool {
        switch error {
        case let error as NIOConnectionError: error.connectionErrors.first.map { isAboutCertificate($0.error) } ?? false
        case is NIOSSLError, is BoringSSLError: "\(error)".contains("CERTIFICATE_VERIFY_FAILED")
        default: isAboutName(error)
        }
    }

    /// Whether the certificate was good, but another's.
    static func isAboutName(_ error: any Error) -> Bool {
        switch error {
        case let error as NIOConnectionError: error.connectionErrors.first.map { isAboutName($0.error) } ?? false
        case let error as NIOSSLExtraError:
            error == .failedToValidateHostname || error == .serverHostnameImpossibleToMatch
        default: false
        }
    }

    /// What there is to do about it stands in the message, for it is nearly always this.
    static let isNotTrusted =
        "its certificate is not trusted (--ca-file for a private authority)"

    /// The library's own words name its source files; what people can do something about is picked out of them.
    private static func reason(tls text: String) -> String {
        if text.contains("CERTIFICATE_VERIFY_FAILED") { return isNotTrusted }
        if text.contains("UNSUPPORTED_PROTOCOL") || text.contains("PROTOCOL_VERSION") {
            return "it speaks no version of TLS that is safe (1.2 or 1.3)"
        }
        if text.contains("WRONG_VERSION_NUMBER") { return "it does not speak TLS" }
        return "the TLS handshake failed"
    }

    private static func reason(errno code: CInt) -> String {
        switch code {
        case ECONNREFUSED: "nothing is listening there (connection refused)"
        case EHOSTUNREACH, ENETUNREACH: "there is no route to it"
        case ECONNRESET, EPIPE: "it closed the connection"
        case ETIMEDOUT: "it did not answer in time"
        default: String(cString: strerror(code)).lowercased()
        }
    }
}
