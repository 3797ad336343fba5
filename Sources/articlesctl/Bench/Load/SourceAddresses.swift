/// The addresses that connections come from. One address has some 28,000 ports (`ip_local_port_range`) to one target;
/// a load that is larger needs more addresses.
struct SourceAddresses: Sendable, Equatable {
    /// Ports taken of each address before the next one is used.
    private static let connectionsPerAddress = 20_000
    /// All of 127.0.0.0/8 is this machine; the first two are left to others.
    private static let firstLoopback: UInt32 = 0x7F00_0002

    private let named: [UInt32]
    private let isLoopback: Bool

    init(named: [UInt32], isLoopback: Bool) {
        self.named = named
        self.isLoopback = isLoopback
    }

    /// Of the connection with this number, in host order; 0 leaves it to the kernel.
    func address(of connection: Int) -> UInt32 {
        if !named.isEmpty { return named[connection % named.count] }
        return isLoopback ? Self.firstLoopback + UInt32(connection / Self.connectionsPerAddress) : 0
    }

    /// Reads `127.0.0.9`; `nil` for anything else.
    static func parse(_ text: String) -> UInt32? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
        guard parts.count == 4, !parts.contains(nil) else { return nil }
        return parts.reduce(0) { $0 << 8 | UInt32($1 ?? 0) }
    }
}
