import Foundation

/// Letters and digits of names (RFC 1123 section 2.1) and addresses; the underscore is used in practice.
private let hostCharacters = Set("abcdefghijklmnopqrstuvwxyz0123456789.-_:".utf8)

/// Where an articles server is: scheme, host, port and an optional path that everything lies under.
public struct ServerURL: Hashable, Sendable, CustomStringConvertible {
    /// Where `articled serve` listens if it is told nothing else.
    public static let standard = ServerURL(isSecure: false, host: "localhost", port: 8000, path: "")

    package let isSecure: Bool
    package let host: String
    package let port: Int
    /// Without a slash at the end; empty for the root.
    package let path: String

    private init(isSecure: Bool, host: String, port: Int, path: String) {
        self.isSecure = isSecure
        self.host = host
        self.port = port
        self.path = path
    }

    /// Reads `http://host:port/path` or the same with `https`.
    ///
    /// - Throws: ``ClientError/badURL(_:)``.
    public init(_ text: String) throws(ClientError) {
        // A password must not be repeated in a message, nor anything that may hold one.
        guard !text.contains("@") else {
            throw .badURL("it must not hold a name or password; use --token-file or ARTICLES_TOKEN")
        }
        guard let components = URLComponents(string: text), let scheme = components.scheme?.lowercased() else {
            throw .badURL("\"\(text)\" is not a URL such as http://localhost:8000")
        }
        guard scheme == "http" || scheme == "https" else {
            throw .badURL("\"\(scheme):\" is not understood; the URL must begin with http:// or https://")
        }
        // As it goes over the wire: other scripts in Punycode.
        let host =
            components.encodedHost?.lowercased().trimmingCharacters(in: CharacterSet(charactersIn: "[]")) ?? ""
        guard !host.isEmpty else {
            throw .badURL("\"\(text)\" names no host; it must be like http://localhost:8000")
        }
        // What is escaped in a name would stand as it is in the request's header.
        guard host.utf8.allSatisfy(hostCharacters.contains) else {
            throw .badURL("\"\(host)\" can't be a host's name")
        }
        guard components.query == nil, components.fragment == nil else {
            throw .badURL("\"\(text)\" must end with the path, without ? and #")
        }
        let port = components.port ?? (scheme == "https" ? 443 : 80)
        guard (1...65_535).contains(port) else { throw .badURL("\(port) is no port") }
        var path = components.percentEncodedPath
        while path.hasSuffix("/") { path.removeLast() }
        self.init(
            isSecure: scheme == "https", host: host, port: port, path: path)
    }

    public var description: String {
        "\(isSecure ? "https" : "http")://\(authority)\(path)"
    }

    /// The value of a `Host` header; without the port where the scheme implies it.
    package var authority: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port == (isSecure ? 443 : 80) ? name : "\(name):\(port)"
    }

    /// Whether the server is this machine.
    public var isLoopback: Bool {
        host == "localhost" || host == "::1" || (host.hasPrefix("127.") && isIPv4Address)
    }

    private var isIPv4Address: Bool {
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts.allSatisfy { UInt8($0) != nil }
    }

    /// Whether the host is written as an address, which no certificate's name can be matched with.
    var isAddress: Bool { host.contains(":") || isIPv4Address }

    /// The address of an article's page.
    public func permalink(id: Int64) -> String {
        "\(self)/articles/\(id)"
    }
}
