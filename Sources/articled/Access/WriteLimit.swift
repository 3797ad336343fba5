import Core

/// So many writes a second for each address (`--write-rate`).
struct WriteLimit: Sendable {
    private let live: Live<RateLimiter<IPAddress?>?>

    /// - Parameter rate: writes a second; `nil` means no limit.
    init(rate: Int?) {
        live = Live(Self.limiter(rate))
    }

    /// Another limit from now on; for it everybody begins anew.
    func setRate(_ rate: Int?) {
        live.set(Self.limiter(rate))
    }

    private static func limiter(_ rate: Int?) -> RateLimiter<IPAddress?>? {
        rate.map { RateLimiter($0, each: 1) }
    }

    /// - Throws: ``ServiceError`` `tooManyRequests`.
    func take(_ address: IPAddress?) throws(ServiceError) {
        guard let limiter = live.value, let wait = limiter.take(address?.network) else { return }
        throw ServiceError(.tooManyRequests, "Too many writes from this address.", retryAfter: wait)
    }
}
