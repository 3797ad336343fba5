import Core
import Synchronization

/// One-time admissions to the feed, for browsers, whose WebSocket can send no header: a URL may carry one, since it is
/// worth nothing once it was used, or half a minute later.
final class Tickets: Sendable {
    private struct Ticket {
        let principal: Principal
        let expires: ContinuousClock.Instant
    }

    /// In seconds.
    static let lifetime = 30
    static let maxTickets = 10_000
    private let tickets = Mutex<[SecretHash: Ticket]>([:])

    /// - Throws: ``ServiceError`` `unavailable` if too many are unused.
    func keep(_ ticket: SecretHash, of principal: Principal) throws(ServiceError) {
        let now = ContinuousClock.now
        let isFull = tickets.withLock { tickets in
            if tickets.count >= Self.maxTickets { tickets = tickets.filter { $0.value.expires > now } }
            guard tickets.count < Self.maxTickets else { return true }
            tickets[ticket] = Ticket(principal: principal, expires: now + .seconds(Self.lifetime))
            return false
        }
        if isFull { throw Self.tooMany }
    }

    /// Who a ticket was issued to; it is used up by this.
    func redeem(_ ticket: SecretHash) -> Principal? {
        guard let ticket = tickets.withLock({ $0.removeValue(forKey: ticket) }), ticket.expires > .now else {
            return nil
        }
        return ticket.principal
    }

    static var tooMany: ServiceError {
        ServiceError(.unavailable, "Too many tickets are unused.", retryAfter: lifetime)
    }
}
