import Foundation
import NIOCore

/// Where the daemon can be reached.
enum ListeningPlace: Sendable, Hashable, CustomStringConvertible {
    case port(host: String, port: Int)
    /// A socket in the file system, and no port: whatever listens on one is somebody else.
    case path(String)
    /// A socket that has no path either (unix(7), abstract).
    case unnamed

    /// The place that people and programs use, of all that are listened on: one with a port if there is any.
    ///
    /// - Parameter addresses: of the sockets.
    init(_ addresses: [SocketAddress]) {
        if let address = addresses.first(where: { $0.port != nil }), let port = address.port {
            self = .port(host: address.ipAddress ?? "", port: port)
        } else if let path = addresses.lazy.compactMap(\.pathname).first(where: { $0.hasPrefix("/") }) {
            self = .path(path)
        } else {
            self = .unnamed
        }
    }

    /// What commands of this machine connect to, without a path behind it; `http+unix://` has the socket's path for a host.
    func url(isTLS: Bool) -> String {
        let scheme = isTLS ? "https" : "http"
        switch self {
        case .port(let host, let port):
            return "\(scheme)://\(host.contains(":") ? "[\(host)]" : host):\(port)"
        case .path(let path):
            return "\(scheme)+unix://\(path.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? path)"
        case .unnamed:
            return "\(scheme)+unix://"
        }
    }

    var description: String {
        switch self {
        case .port(let host, let port): "\(host) port \(port)"
        case .path(let path): path
        case .unnamed: "a socket without a path"
        }
    }
}
