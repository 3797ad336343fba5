import ArticlesClient
import Foundation

/// An address that a load goes to, as it is given on the command line: `ws://host:port/path?query`.
struct LoadURL: Equatable, Sendable {
    enum Scheme: String {
        case ws, http, tcp
    }

    struct Malformed: Error {
        let reason: String
    }

    let scheme: Scheme
    let host: String
    let port: Int
    /// The value of `Host`.
    let authority: String
    /// With the query; begins with a slash.
    let path: String

    /// - Parameter schemes: what is allowed, the usual one first.
    init(_ text: String, _ schemes: [Scheme]) throws(Malformed) {
        let allowed = schemes.map { "\($0.rawValue)://" }.joined(separator: " or ")
        guard let end = text.range(of: "://") else {
            throw Malformed(reason: "\"\(text)\" is not a URL that begins with \(allowed)")
        }
        let name = text[..<end.lowerBound].lowercased()
        guard !["wss", "https"].contains(name) else {
            throw Malformed(
                reason: "\(name):// can't be measured: with TLS it would be the cipher, on both sides. "
                    + "Name the server's own port")
        }
        guard let scheme = Scheme(rawValue: name), schemes.contains(scheme) else {
            throw Malformed(reason: "\"\(name)://\" is not understood; the URL must begin with \(allowed)")
        }
        let rest = text[end.upperBound...]
        let place = rest.prefix { !"/?#".contains($0) }
        guard !rest.contains("#") else { throw Malformed(reason: "a URL of a load has no #") }
        guard rest.utf8.allSatisfy({ (33...126).contains($0) }) else {
            throw Malformed(reason: "the URL has spaces or other characters that must be written as %20 and so on")
        }
        let server: ServerURL
        do {
            // Names, ports and addresses are the same everywhere.
            server = try ServerURL("http://\(place)")
        } catch {
            throw Malformed(reason: Self.reason(error))
        }
        if scheme == .tcp, place.last == "]" || !place.contains(":") {
            throw Malformed(reason: "\"\(text)\" needs a port, as in tcp://localhost:1883")
        }
        let path = String(rest.dropFirst(place.count))
        (self.scheme, host, port, authority) = (scheme, server.host, server.port, server.authority)
        self.path = path.hasPrefix("/") ? path : "/" + path
    }

    private static func reason(_ error: ClientError) -> String {
        guard case .badURL(let reason) = error else { return error.description }
        return reason
    }
}

extension LoadURL: CustomStringConvertible {
    var description: String { "\(scheme.rawValue)://\(authority)\(path)" }
}
