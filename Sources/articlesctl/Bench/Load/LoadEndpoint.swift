import Foundation
import LoadSockets

/// What a load connects to, and from where.
struct LoadEndpoint: Sendable {
    /// A `sockaddr`.
    private let address: [UInt8]
    private let sources: SourceAddresses

    private static let patience: Int32 = 5000

    /// The first address of a host that takes connections: it may have several, and listen on one of them.
    ///
    /// - Parameter sources: IPv4 addresses of this machine to come from.
    /// - Returns: `nil` if there is none.
    static func reach(_ host: String, _ port: Int, from sources: [String]) -> LoadEndpoint? {
        addresses(of: host, port: port).first(where: answers).map { address in
            let isLoopback = address.count == 16 && address[4] == 127
            return LoadEndpoint(
                address: address,
                sources: SourceAddresses(named: sources.compactMap(SourceAddresses.parse), isLoopback: isLoopback))
        }
    }

    /// A socket that is connecting; -1 and `errno` if that can't be.
    ///
    /// - Parameters:
    ///   - connection: its number among all of the load, which says where it comes from.
    ///   - receiveBuffer: in bytes; 0 leaves it to the kernel.
    func dial(_ connection: Int, receiveBuffer: Int = 0) -> Int32 {
        address.withUnsafeBytes {
            load_dial(
                $0.baseAddress, UInt32($0.count), sources.address(of: connection), Int32(clamping: receiveBuffer))
        }
    }

    private static func answers(_ address: [UInt8]) -> Bool {
        let descriptor = address.withUnsafeBytes { load_dial($0.baseAddress, UInt32($0.count), 0, 0) }
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var outcome = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        return poll(&outcome, 1, patience) == 1 && load_dial_error(descriptor) == 0
    }

    private static func addresses(of host: String, port: Int) -> [[UInt8]] {
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, String(port), &hints, &list) == 0 else { return [] }
        defer { freeaddrinfo(list) }
        var addresses: [[UInt8]] = []
        var next = list
        while let entry = next?.pointee {
            addresses.append(Array(UnsafeRawBufferPointer(start: entry.ai_addr, count: Int(entry.ai_addrlen))))
            next = entry.ai_next
        }
        return addresses
    }
}
