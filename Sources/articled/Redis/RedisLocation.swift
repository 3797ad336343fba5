import Foundation

/// Where one server listens.
struct RedisEndpoint: Hashable, Sendable, CustomStringConvertible {
    let host: String
    let port: Int

    var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    /// Reads `host`, `host:port`, `[::1]:port`.
    init?(_ text: some StringProtocol, defaultPort: Int) {
        var host = String(text)
        var port = defaultPort
        if host.hasPrefix("["), let end = host.firstIndex(of: "]") {
            let rest = host[host.index(after: end)...]
            host = String(host[host.index(after: host.startIndex)..<end])
            if !rest.isEmpty {
                guard rest.first == ":", let number = Int(rest.dropFirst()) else { return nil }
                port = number
            }
        } else if let colon = host.lastIndex(of: ":") {
            guard let number = Int(host[host.index(after: colon)...]) else { return nil }
            port = number
            host = String(host[..<colon])
        }
        guard !host.isEmpty, !host.contains(where: { $0.isWhitespace }), (1...65535).contains(port) else { return nil }
        (self.host, self.port) = (host, port)
    }

    init(host: String, port: Int) {
        (self.host, self.port) = (host, port)
    }
}

/// A feed in Redis: `redis://host:6379/0?feed=main`, `redis+sentinel://host:26379,…/name/0`, `redis+cluster://host:6379,…`.
struct RedisLocation: Hashable, Sendable {
    enum Way: Hashable, Sendable {
        case server(RedisEndpoint)
        /// The primary is who the Sentinels say.
        case sentinel([RedisEndpoint], name: String)
        /// The primary is who serves the feed's slot; these are asked first.
        case cluster([RedisEndpoint])
    }

    let way: Way
    let user: String?
    let database: Int
    /// All keys have it as their hash tag.
    let feed: String

    /// Why a URL is none of these.
    struct Problem: Error, Hashable {
        let reason: String
    }

    /// - Throws: ``Problem``, with words for whoever typed it.
    init(_ url: String) throws(Problem) {
        guard let separator = url.range(of: "://") else { throw Problem(reason: "it is no URL") }
        let scheme = url[..<separator.lowerBound]
        var rest = url[separator.upperBound...]
        var feed = "main"
        if let question = rest.firstIndex(of: "?") {
            for item in rest[rest.index(after: question)...].split(separator: "&") {
                guard item.hasPrefix("feed=") else { throw Problem(reason: "the only parameter is feed") }
                feed = String(item.dropFirst(5))
            }
            rest = rest[..<question]
        }
        guard !feed.isEmpty, feed.utf8.count <= 64,
            feed.utf8.allSatisfy({ byte in
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || "._-".utf8.contains(byte)
            })
        else { throw Problem(reason: "a feed's name is made of at most 64 letters, digits and the signs . _ -") }
        self.feed = feed
        if let at = rest.lastIndex(of: "@") {
            let user = rest[..<at]
            guard !user.contains(":") else {
                throw Problem(
                    reason: "a password in it could be seen by others: use --store-password-file or "
                        + "ARTICLED_STORE_PASSWORD")
            }
            self.user = String(user)
            rest = rest[rest.index(after: at)...]
        } else {
            user = nil
        }
        var path = rest.split(separator: "/", omittingEmptySubsequences: true).map(String.init)
        let hosts = path.isEmpty ? "" : path.removeFirst()
        func endpoints(_ port: Int) throws(Problem) -> [RedisEndpoint] {
            let endpoints = hosts.split(separator: ",").map { RedisEndpoint($0, defaultPort: port) }
            guard !endpoints.isEmpty, !endpoints.contains(nil) else {
                throw Problem(reason: "it needs host and port, as 127.0.0.1:\(port)")
            }
            return endpoints.compactMap { $0 }
        }
        switch scheme {
        case "redis":
            let endpoints = try endpoints(6379)
            guard endpoints.count == 1 else { throw Problem(reason: "redis:// has one server") }
            way = .server(endpoints[0])
        case "redis+sentinel":
            guard !path.isEmpty else {
                throw Problem(reason: "it needs the name that the Sentinels know the primary by, as /mymaster")
            }
            way = .sentinel(try endpoints(26379), name: path.removeFirst())
        case "redis+cluster":
            guard path.isEmpty || path == ["0"] else { throw Problem(reason: "a cluster has database 0 only") }
            way = .cluster(try endpoints(6379))
        case "rediss":
            throw Problem(
                reason:
                    "TLS to Redis is not possible, for hiredis 0.14 has none. Use redis:// on a private network, or "
                    + "through a tunnel (stunnel, WireGuard)")
        default:
            throw Problem(reason: "it must begin with redis://, redis+sentinel:// or redis+cluster://")
        }
        guard path.count <= 1, let database = Int(path.first ?? "0"), (0...1023).contains(database) else {
            throw Problem(reason: "what follows the host must be the number of a database")
        }
        self.database = database
    }

    /// For people; nothing in it is secret.
    var description: String {
        let feed = feed == "main" ? "" : "?feed=\(feed)"
        switch way {
        case .server(let endpoint): return "redis://\(endpoint)/\(database)\(feed)"
        case .sentinel(let endpoints, let name):
            return "redis+sentinel://\(Self.list(endpoints))/\(name)/\(database)\(feed)"
        case .cluster(let endpoints): return "redis+cluster://\(Self.list(endpoints))\(feed)"
        }
    }

    private static func list(_ endpoints: [RedisEndpoint]) -> String {
        endpoints.map(\.description).joined(separator: ",")
    }
}

/// What is needed to speak to the Redis of a feed.
struct RedisConfiguration: Sendable {
    var location: RedisLocation
    var password: String?
    /// For connecting and for each answer, in milliseconds.
    var timeout = 3000
    /// How many replicas must have an article before its publisher is told.
    var minReplicas = 0
    /// How long they have for it, in milliseconds.
    var replicaTimeout = 1000
    /// How much longer an answer may take where replicas are waited for, in milliseconds.
    var replicaPatience: Int { minReplicas > 0 ? replicaTimeout : 0 }
    /// How many connections read.
    var readers = 4
    /// Whether times are what the caller says, as tests want it, or what the server's clock says.
    var isTimeGiven = false

    /// What an error says, to be shown: some servers repeat what they were told.
    func withoutPassword(_ text: String) -> String {
        guard let password, !password.isEmpty else { return text }
        return text.replacingOccurrences(of: password, with: "•••")
    }
}
