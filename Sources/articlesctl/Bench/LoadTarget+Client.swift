import ArticlesClient
import Foundation
import LoadSockets

extension LoadTarget {
    /// Whether a server can be measured at all.
    static func check(_ server: ServerURL) throws {
        guard !server.isSecure else {
            throw CommandFailure(
                .usage, "bench speaks to the daemon itself, without TLS: it would measure the cipher on both sides.",
                "Name the daemon's own port with --url http://….")
        }
    }

    /// The target that a client's server is.
    ///
    /// - Parameter sources: IPv4 addresses to come from.
    /// - Throws: ``CommandFailure`` if it can't be reached.
    static func reaching(
        _ client: ArticlesClient, topic: String, plan: LoadPlan, sources: [String]
    ) throws -> LoadTarget {
        let server = client.server
        let addresses = addresses(of: server.host, port: server.port)
        guard let address = addresses.first(where: answers) else {
            throw CommandFailure(
                .unreachable, "No answer from \(server).", "Name another with --url or ARTICLES_URL.")
        }
        let isLoopback = address.count == 16 && address[4] == 127
        return LoadTarget(
            address: address,
            sources: SourceAddresses(named: sources.compactMap(SourceAddresses.parse), isLoopback: isLoopback),
            authority: server.authority, path: server.path, authorization: client.authorization, topic: topic,
            transport: plan.transport)
    }

    /// A host may have several addresses, and a server that listens on one of them.
    private static func answers(_ address: [UInt8]) -> Bool {
        let descriptor = address.withUnsafeBytes { load_dial($0.baseAddress, UInt32($0.count), 0, 0) }
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var outcome = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        return poll(&outcome, 1, 5000) == 1 && load_dial_error(descriptor) == 0
    }
}
