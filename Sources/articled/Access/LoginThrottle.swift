import Core

/// Slows down who guesses passwords: so many failures a minute for an address, and for an account.
///
/// The tries of one account are limited apart from those of addresses, since guesses come from many. Neither touches
/// who is logged in already, nor tokens.
final class LoginThrottle: Sendable {
    private enum Key: Hashable {
        case address(IPAddress?)
        case account(String)
    }

    private let live: Live<RateLimiter<Key>>

    /// - Parameter attempts: how many may fail in a minute.
    init(attempts: Int) {
        live = Live(RateLimiter(attempts, each: 60))
    }

    private var limiter: RateLimiter<Key> { live.value }

    /// Another limit from now on; what failed before is forgotten.
    func setAttempts(_ attempts: Int) {
        live.set(RateLimiter(attempts, each: 60))
    }

    /// Counts an attempt, which is a failure unless ``succeeded(_:from:)`` says otherwise.
    ///
    /// - Throws: ``ServiceError`` `tooManyRequests`.
    func attempt(_ account: String, from address: IPAddress?) throws(ServiceError) {
        let limiter = limiter
        let byAddress = Key.address(address?.network)
        if let wait = limiter.take(byAddress) {
            throw ServiceError(
                .tooManyRequests, "Too many failed logins from this address. Try again in \(wait) s.", retryAfter: wait)
        }
        if let wait = limiter.take(Self.key(account)) {
            limiter.giveBack(byAddress)
            throw ServiceError(
                .tooManyRequests, "Too many failed logins of this account. Try again in \(wait) s.", retryAfter: wait)
        }
    }

    func succeeded(_ account: String, from address: IPAddress?) {
        limiter.giveBack(.address(address?.network))
        limiter.giveBack(Self.key(account))
    }

    /// No account has a longer name; what is remembered of made-up ones must be small.
    private static func key(_ account: String) -> Key {
        .account(String(account.prefix(64)).lowercased())
    }
}
