import Core
import HTTPTypes
import Hummingbird

/// Who may read the figures: admins from anywhere, and whoever comes from some addresses (`--metrics-from`), which by
/// default is this machine.
///
/// A proxy on this machine speaks for others. So what it passes on counts as theirs: where it says whom it speaks for it
/// must be a trusted one, and what comes from this machine must also ask for this machine by one of its own names. A proxy
/// that says nothing and makes up the name can't be told from somebody here: it must not pass `/metrics` on, as
/// deploy/nginx.conf does not.
struct MetricsAccess: Sendable {
    /// `nil` means this machine.
    let readers: [AddressRange]?
    let proxies: TrustedProxies
    /// By which this machine calls itself, besides `localhost`.
    let hostNames: Set<String>

    private static let loopback = ["127.0.0.0/8", "::1"].compactMap { AddressRange($0) }
    /// By these proxies say that they are there (RFC 7239, RFC 9110 section 7.6.3, and what is usual).
    private static let forwarding = [
        "forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip",
    ].compactMap { HTTPField.Name($0) }

    init(readers: [AddressRange], proxies: TrustedProxies, hostNames: [String]) {
        self.readers = readers.isEmpty ? nil : readers
        self.proxies = proxies
        self.hostNames = Set(hostNames.map { $0.lowercased() })
    }

    /// - Parameters:
    ///   - peer: the other end of the connection.
    ///   - client: whom the request is from, seen through trusted proxies.
    /// - Throws: ``ServiceError``: `unauthorized` without credentials, else `forbidden`.
    func check(
        _ principal: Principal?, peer: IPAddress?, client: Client, headers: HTTPFields
    ) throws(ServiceError) {
        if principal?.role == .admin || isReader(peer: peer, client: client, headers: headers) { return }
        let detail = "The figures are for this machine and for admins; --metrics-from allows other addresses."
        throw ServiceError(principal == nil ? .unauthorized : .forbidden, detail)
    }

    private func isReader(peer: IPAddress?, client: Client, headers: HTTPFields) -> Bool {
        guard let peer, let address = client.address,
            (readers ?? Self.loopback).contains(where: { $0.contains(address) })
        else { return false }
        let isForwarded = Self.forwarding.contains { headers[$0] != nil }
        // Where what a proxy wrote can't be read, the address is the proxy's own.
        if isForwarded { return proxies.contains(peer) && headers[Self.forwardedFor] != nil && address != peer }
        return !Self.isLoopback(peer) || isOwnName(client.host)
    }

    /// Whether a `Host` names this machine as somebody on it would.
    private func isOwnName(_ host: String) -> Bool {
        var name = host.lowercased()
        if name.hasPrefix("["), let end = name.firstIndex(of: "]") {
            name = String(name[name.index(after: name.startIndex)..<end])
        } else if let colon = name.lastIndex(of: ":") {
            name = String(name[..<colon])
        }
        if let address = IPAddress(name) { return Self.isLoopback(address) }
        return name == "localhost" || hostNames.contains(name)
    }

    private static func isLoopback(_ address: IPAddress) -> Bool {
        loopback.contains { $0.contains(address) }
    }

    private static let forwardedFor = HTTPField.Name("X-Forwarded-For")!
}
