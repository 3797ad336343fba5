import Core

/// So many writes a second for each address (`--write-rate`).
struct WriteLimit: Sendable {
    private let limiter: RateLimiter<IPAddress?>?

    /// - Parameter rate: writes a second; `nil` means no limit.
    init(rate: Int?) {
        limiter = rate.map { RateLimiter($0, each: 1) }
    }

    /// - Throws: ``ServiceError`` `tooManyRequests`.
    func take(_ address: IPAddress?) throws(ServiceError) {
        guard let limiter, let wait = limiter.take(address?.network) else { return }
        throw ServiceError(.tooManyRequests, "Too many writes from this address.", retryAfter: wait)
    }
}
