import Core
import NIOHTTP1

/// Whether a handshake's credentials let it into the feed.
enum Admission {
    /// - Parameter principal: nobody, if the feed is open and there were no credentials.
    case admitted(Principal?)
    case refused(ServiceError)
    /// Somebody must be asked first, which takes its time: who it is, or a ``ServiceError``.
    case checking(@Sendable () async throws -> Principal)
}

extension AccessPolicy {
    /// Looks at a handshake that is good otherwise: at its header, its cookie, and a ticket in its URL.
    ///
    /// - Parameters:
    ///   - ticket: from its URL.
    ///   - peer: the other end of the connection.
    func admission(_ head: HTTPRequestHead, ticket: String?, peer: IPAddress?) -> Admission {
        if let ticket {
            let hash = Secret(presented: ticket).hash
            return .checking { [tickets] in
                guard let principal = try await tickets.redeem(hash) else {
                    throw ServiceError(.unauthorized, "The ticket was used before, or is too old. Get another one.")
                }
                return principal
            }
        }
        switch authenticator.look(authorization: head.headers["authorization"], cookies: head.headers["cookie"]) {
        case .known(let principal):
            do {
                try checkReading(principal)
            } catch {
                return .refused(error)
            }
            return .admitted(principal)
        case .refused(let error):
            return .refused(error)
        case .password(let basic):
            let address = proxies.client(peer: peer) { head.headers[$0] }.address
            return .checking { [authenticator] in try await authenticator.check(basic, from: address) }
        }
    }
}
