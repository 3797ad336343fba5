import Core
import NIOCore
import NIOPosix

/// A subscription to the feed, as a sequence of what happens.
///
/// It connects when it is iterated, keeps reconnecting for ever, resumes where it was, and passes every event on once
/// and in order. It ends when its task is cancelled, when its iterator goes away, or when the server refuses for good,
/// which the last update says. Iterate it once.
///
/// The buffer is bounded: while the owner is slow nothing is read from the socket, and the server keeps what is
/// missing.
public struct FeedSubscription: AsyncSequence, Sendable {
    public typealias Element = FeedUpdate
    public typealias Failure = Never

    private let server: ServerURL
    private let credential: Credential?
    private let trust: ServerTrust
    private let query: FeedQuery
    private let random: @Sendable (ClosedRange<Double>) -> Double

    /// - Parameter random: a number out of a range, evenly spread.
    init(
        server: ServerURL, credential: Credential?, trust: ServerTrust = .system, query: FeedQuery,
        random: @escaping @Sendable (ClosedRange<Double>) -> Double = { .random(in: $0) }
    ) {
        self.server = server
        self.credential = credential
        self.trust = trust
        self.query = query
        self.random = random
    }

    /// Begins to connect.
    public func makeAsyncIterator() -> AsyncIterator {
        let driver = SubscriptionDriver(
            server: server, credential: credential, trust: trust,
            machine: SubscriptionMachine(query, random: random),
            eventLoop: MultiThreadedEventLoopGroup.singleton.next())
        return AsyncIterator(driver.start())
    }

    /// Ends the subscription when nobody has it any more.
    public struct AsyncIterator: AsyncIteratorProtocol {
        private let base: SubscriptionDriver.Updates.AsyncIterator

        init(_ updates: SubscriptionDriver.Updates) {
            base = updates.makeAsyncIterator()
        }

        /// Waits for the next update; `nil` at the end.
        public func next() async -> FeedUpdate? {
            await base.next()
        }
    }
}
