import NIOCore

/// Where a request came from, seen through the proxies that are trusted.
struct Client: Hashable, Sendable {
    /// `nil` where there is none, as on a Unix socket.
    let address: IPAddress?
    /// It used TLS, if only as far as a trusted proxy.
    let isSecure: Bool
    /// The host and port that it addressed.
    let host: String

    /// For logs: the address, or nothing.
    var addressText: String { address?.description ?? "" }
}

/// Proxies whose word is taken for where a request came from (`--trusted-proxy`).
///
/// Copies share them: what a reload changes is changed for all.
struct TrustedProxies: Sendable {
    private let live: Live<[AddressRange]>
    /// The daemon's own port speaks TLS.
    let isTLS: Bool

    init(ranges: [AddressRange] = [], isTLS: Bool = false) {
        live = Live(ranges)
        self.isTLS = isTLS
    }

    var ranges: [AddressRange] { live.value }

    func trust(_ ranges: [AddressRange]) {
        live.set(ranges)
    }

    func contains(_ address: IPAddress?) -> Bool {
        guard let address else { return false }
        return ranges.contains { $0.contains(address) }
    }

    /// The address of a request's client.
    ///
    /// - Parameters: as below.
    func address(peer: IPAddress?, values: (String) -> [String]) -> IPAddress? {
        ranges.isEmpty ? peer : client(peer: peer, values: values).address
    }

    /// - Parameters:
    ///   - peer: the other end of the connection.
    ///   - values: the request's headers of a name.
    func client(peer: IPAddress?, values: (String) -> [String]) -> Client {
        let host = values("host").first ?? ""
        guard !ranges.isEmpty, contains(peer) else { return Client(address: peer, isSecure: isTLS, host: host) }
        // Each proxy appends whom it heard: read from the end, the first that is no proxy of ours is the client. What
        // stands before it anybody may have written.
        // Bytes, since a client may have ended its own with a character that makes one of itself and the comma behind it.
        let hops = values("x-forwarded-for").joined(separator: ",").utf8.split(separator: UInt8(ascii: ",")).map {
            hop in
            String(decoding: hop.filter { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") }, as: UTF8.self)
        }
        var address = peer
        for hop in hops.reversed() {
            guard let heard = IPAddress(hop: hop) else { break }
            address = heard
            guard contains(heard) else { break }
        }
        return Client(
            address: address, isSecure: values("x-forwarded-proto").last.map { $0.lowercased() == "https" } ?? isTLS,
            host: values("x-forwarded-host").last ?? host)
    }
}
