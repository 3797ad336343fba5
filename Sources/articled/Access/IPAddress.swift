import NIOCore

#if canImport(Glibc)
    import Glibc
#endif

/// An IPv4 or IPv6 address; one of IPv4 inside IPv6 (RFC 4291 section 2.5.5.2) is the same as itself.
struct IPAddress: Hashable, Sendable, CustomStringConvertible {
    /// 4 or 16, in network order.
    let bytes: [UInt8]
    /// As RFC 5952 writes it.
    let description: String

    init?(_ text: some StringProtocol) {
        let text = String(text)
        var bytes = [UInt8](repeating: 0, count: 16)
        if inet_pton(AF_INET, text, &bytes) == 1 {
            self.init(bytes: Array(bytes.prefix(4)))
        } else if inet_pton(AF_INET6, text, &bytes) == 1 {
            self.init(bytes: bytes)
        } else {
            return nil
        }
    }

    init?(_ address: SocketAddress?) {
        guard let text = address?.ipAddress else { return nil }
        self.init(text)
    }

    /// An address as proxies name whom they heard, some with his port behind it: `192.0.2.1:1234`, `[2001:db8::1]:80`.
    init?(hop: String) {
        var address = hop[...]
        if let end = hop.lastIndex(of: "]"), hop.first == "[" {
            guard Self.isPortOrNothing(hop[hop.index(after: end)...]) else { return nil }
            address = hop[hop.index(after: hop.startIndex)..<end]
            guard address.contains(":") else { return nil }
        } else if let colon = hop.firstIndex(of: ":"), colon == hop.lastIndex(of: ":") {
            guard Self.isPortOrNothing(hop[colon...]) else { return nil }
            address = hop[..<colon]
        }
        self.init(address)
    }

    private static func isPortOrNothing(_ text: Substring) -> Bool {
        guard !text.isEmpty else { return true }
        let digits = text.dropFirst()
        return text.first == ":" && digits.utf8.allSatisfy { $0 &- UInt8(ascii: "0") < 10 } && UInt16(digits) != nil
    }

    private init(bytes: [UInt8]) {
        let mapped: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]
        let bytes = bytes.count == 16 && bytes.starts(with: mapped) ? Array(bytes.suffix(4)) : bytes
        self.bytes = bytes
        description = Self.text(bytes)
    }

    private static func text(_ bytes: [UInt8]) -> String {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let family = bytes.count == 4 ? AF_INET : AF_INET6
        guard inet_ntop(family, bytes, &text, socklen_t(text.count)) != nil else { return "" }
        return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// What one customer of a provider usually has: the address itself, or a /64 of IPv6.
    var network: IPAddress {
        bytes.count == 4 ? self : IPAddress(bytes: bytes.prefix(8) + [UInt8](repeating: 0, count: 8))
    }
}

/// A range of addresses: `10.0.0.0/8`, or one address (RFC 4632 section 3.1).
struct AddressRange: Hashable, Sendable {
    private let prefix: IPAddress
    private let bits: Int

    init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = IPAddress(parts[0]) else { return nil }
        let all = address.bytes.count * 8
        guard let bits = parts.count == 1 ? all : Int(parts[1]), (0...all).contains(bits) else { return nil }
        prefix = address
        self.bits = bits
    }

    func contains(_ address: IPAddress) -> Bool {
        guard address.bytes.count == prefix.bytes.count else { return false }
        for (index, pair) in zip(address.bytes, prefix.bytes).enumerated() {
            let significant = bits - index * 8
            if significant <= 0 { return true }
            let mask: UInt8 = significant >= 8 ? 0xFF : ~(0xFF >> UInt8(significant))
            guard pair.0 & mask == pair.1 & mask else { return false }
        }
        return true
    }
}
