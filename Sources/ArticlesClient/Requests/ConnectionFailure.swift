import AsyncHTTPClient
import Foundation
import NIOCore
import NIOPosix
import NIOSSL

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
        case is NIOSSLError, is NIOSSLExtraError, is BoringSSLError:
            return "the TLS handshake failed (\(error))"
        case is CancellationError:
            return "the call was cancelled"
        default:
            return "\(error)"
        }
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
