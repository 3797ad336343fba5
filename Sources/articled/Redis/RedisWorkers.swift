import DequeModule
import Foundation
import Synchronization

/// Threads that speak to Redis for everybody who waits for an answer, each with a connection of its own.
final class RedisWorkers: Sendable {
    private typealias Job = @Sendable (Result<RedisLink, RedisError>) -> Void

    /// Unchecked Sendable because a link is used by its thread only.
    private final class Worker: @unchecked Sendable {
        let link: RedisLink

        init(_ configuration: RedisConfiguration, _ route: RedisRoute) {
            // Some of what they do waits for replicas.
            link = RedisLink(configuration, route: route, patience: configuration.replicaPatience)
        }
    }

    private struct State {
        var jobs: Deque<Job> = []
        var isClosed = false
        /// Until when nobody tries again to connect.
        var downUntil: ContinuousClock.Instant?
        /// When one last had a connection.
        var connected: ContinuousClock.Instant?
    }

    private let state = Mutex(State())
    private let wake = DispatchSemaphore(value: 0)
    private let count: Int

    /// What may wait; whoever comes then is told to come again.
    private static let maxWaiting = 10_000
    /// While Redis is away those who wait are told so at once, and only now and then one finds out.
    private static let pause = Duration.milliseconds(250)

    init(_ configuration: RedisConfiguration, route: RedisRoute) {
        count = configuration.readers
        for number in 1...count {
            let worker = Worker(configuration, route)
            let thread = Thread { [self] in while work(worker.link) {} }
            thread.name = "redis-\(number)"
            thread.start()
        }
    }

    func close() {
        state.withLock { $0.isClosed = true }
        for _ in 0..<count { wake.signal() }
    }

    /// Does something with a connection, on one of the threads.
    ///
    /// - Throws: ``RedisError``, or what the work throws.
    func run<Value: Sendable>(_ work: @escaping @Sendable (RedisLink) throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Value, any Error>) in
            let job: Job = { result in
                continuation.resume(with: Result { try work(try result.get()) })
            }
            let refusal: RedisError? = state.withLock { state in
                guard !state.isClosed else { return .unreachable("the daemon is stopping") }
                guard state.jobs.count < Self.maxWaiting else { return .unreachable("too many are waiting for it") }
                state.jobs.append(job)
                return nil
            }
            if let refusal {
                continuation.resume(throwing: refusal)
            } else {
                wake.signal()
            }
        }
    }

    /// Waits for something to do and does it; false when there will be no more.
    private func work(_ link: RedisLink) -> Bool {
        wake.wait()
        let (job, isClosed, isDown) = state.withLock { state in
            (state.jobs.popFirst(), state.isClosed, state.downUntil.map { $0 > .now } ?? false)
        }
        guard let job else { return !isClosed }
        if isDown, link.endpoint == nil {
            job(.failure(.unreachable("the last attempt failed a moment ago")))
            return true
        }
        let start = ContinuousClock.now
        do {
            try link.connected()
            state.withLock { state in (state.connected, state.downUntil) = (.now, nil) }
            job(.success(link))
        } catch {
            state.withLock { state in
                // Who began before another succeeded has failed at what is over.
                if let connected = state.connected, connected > start { return }
                state.downUntil = .now + Self.pause
            }
            job(.failure(error))
        }
        return true
    }
}
