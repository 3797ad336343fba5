import Core
import Testing

@testable import articled

@Suite("So many a period")
struct RateLimiterTests {
    private let start = ContinuousClock.now

    @Test("so many at once, then one at a time as they come back")
    func refills() {
        let limiter = RateLimiter<String>(3, each: 60)
        for _ in 0..<3 { #expect(limiter.take("a", at: start) == nil) }
        #expect(limiter.take("a", at: start) == 20)
        #expect(limiter.take("a", at: start + .seconds(15)) == 5)
        #expect(limiter.take("a", at: start + .seconds(20)) == nil)
        #expect(limiter.take("a", at: start + .seconds(20)) == 20)
        // Never more than so many at once, however long nothing came.
        for _ in 0..<3 { #expect(limiter.take("a", at: start + .seconds(100_000)) == nil) }
        #expect(limiter.take("a", at: start + .seconds(100_000)) != nil)
    }

    @Test("each has its own")
    func keys() {
        let limiter = RateLimiter<String>(1, each: 1)
        #expect(limiter.take("a", at: start) == nil)
        #expect(limiter.take("b", at: start) == nil)
        #expect(limiter.take("a", at: start) == 1)
    }

    @Test("what is given back can be taken again, and no more than that")
    func givenBack() {
        let limiter = RateLimiter<String>(1, each: 60)
        #expect(limiter.take("a", at: start) == nil)
        limiter.giveBack("a", at: start)
        limiter.giveBack("a", at: start)
        #expect(limiter.take("a", at: start) == nil)
        #expect(limiter.take("a", at: start) == 60)
    }

    @Test("strangers without number take no memory without end, and lock nobody out")
    func bounded() {
        let limiter = RateLimiter<Int>(1, each: 3600)
        for key in 0..<150_000 { #expect(limiter.take(key, at: start + .milliseconds(key)) == nil) }
        #expect(limiter.keyCount <= 100_000)
        // The newest are still remembered.
        #expect(limiter.take(149_999, at: start + .seconds(151)) != nil)
    }

    @Test("failures are counted for the address and for the account, successes for neither")
    func logins() throws {
        let throttle = LoginThrottle(attempts: 2)
        let (here, there) = (IPAddress("192.0.2.1"), IPAddress("192.0.2.2"))
        for _ in 0..<10 {
            try throttle.attempt("ada", from: here)
            throttle.succeeded("Ada", from: here)
        }
        try throttle.attempt("ada", from: here)
        try throttle.attempt("ADA", from: there)
        // Of the account there are none left, which takes none of the address.
        for _ in 0..<5 { #expect(throws: ServiceError.self) { try throttle.attempt("ada", from: there) } }
        try throttle.attempt("bob", from: there)
        #expect(throws: ServiceError.self) { try throttle.attempt("eve", from: there) }
    }
}
