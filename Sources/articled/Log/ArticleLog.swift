import Core
import DequeModule
import Dispatch
import Foundation
import Logging
import ServiceLifecycle
import Synchronization

/// The one way into the feed: a bounded queue and one writer thread that commits what has come together in one
/// transaction, then hands the events to the feed, then answers the publishers.
///
/// The task of a request that gives up does not take its command back: once queued, it is carried out.
final class ArticleLog: Service {
    private struct Entry {
        let command: WriteCommand
        let continuation: CheckedContinuation<WriteOutcome, Never>
    }

    private struct State {
        var queue: Deque<Entry> = []
        /// Names of the keys whose first request has not been answered.
        var keysInProgress: Set<String> = []
        var isClosed = false
    }

    private let store: SQLiteStore
    private let feed: FeedLog
    private let maxQueued: Int
    private let logger: Logger
    private let nonce: UInt32
    private let state = Mutex(State())
    private let wake = DispatchSemaphore(value: 0)

    /// How many commands one transaction carries at most.
    private static let maxBatch = 1024
    /// When a publisher who was turned away should come again, in seconds.
    private static let retryAfter = 1

    /// - Parameter maxQueued: how many commands may wait; further ones are turned away.
    init(store: SQLiteStore, feed: FeedLog, maxQueued: Int, logger: Logger) {
        self.store = store
        self.feed = feed
        self.maxQueued = maxQueued
        self.logger = logger
        let known = Set(feed.history.terms.map(\.nonce))
        var nonce = UInt32.random(in: 1 ... .max)
        while known.contains(nonce) { nonce = .random(in: 1 ... .max) }
        self.nonce = nonce
    }

    /// Carries out a command and returns when it is durable and on its way to the subscribers.
    ///
    /// - Throws: ``ServiceError``: `unavailable` if the queue is full, the daemon is stopping, or the store failed;
    ///   `conflict` if the first request with the same key is still being committed; else why the command was refused.
    func append(_ command: WriteCommand) async throws(ServiceError) -> WriteOutcome {
        let outcome = await withCheckedContinuation { continuation in
            let refusal = state.withLock { state -> ServiceError? in
                if state.isClosed {
                    return ServiceError(.unavailable, "The server is stopping.", retryAfter: Self.retryAfter)
                }
                guard state.queue.count < maxQueued else {
                    return ServiceError(
                        .unavailable, "Too many articles are waiting to be stored.", retryAfter: Self.retryAfter)
                }
                if let name = command.keyName, !state.keysInProgress.insert(name).inserted {
                    return ServiceError(
                        .conflict, "The first request with this Idempotency-Key is still being stored.",
                        retryAfter: Self.retryAfter)
                }
                state.queue.append(Entry(command: command, continuation: continuation))
                return nil
            }
            if let refusal {
                continuation.resume(returning: .refused(refusal))
            } else {
                wake.signal()
            }
        }
        if case .refused(let error) = outcome { throw error }
        return outcome
    }

    /// Runs the writer until a graceful shutdown, and then until the queue is empty.
    func run() async throws {
        let (finished, finish) = AsyncStream.makeStream(of: Void.self)
        let writer = Thread { [self] in
            while writeBatch() {}
            finish.finish()
        }
        writer.name = "article-log"
        writer.start()
        await withGracefulShutdownHandler {
            for await _ in finished {}
        } onGracefulShutdown: {
            self.state.withLock { $0.isClosed = true }
            self.wake.signal()
        }
    }

    /// Waits for commands and carries them out; false when there will be no more.
    private func writeBatch() -> Bool {
        wake.wait()
        let (batch, isClosed) = state.withLock { state in
            let batch = Array(state.queue.prefix(Self.maxBatch))
            state.queue.removeFirst(batch.count)
            return (batch, state.isClosed && state.queue.isEmpty)
        }
        guard !batch.isEmpty else { return !isClosed }
        let outcomes = commit(batch.map(\.command))
        state.withLock { state in
            for entry in batch { if let name = entry.command.keyName { state.keysInProgress.remove(name) } }
        }
        for (entry, outcome) in zip(batch, outcomes) { entry.continuation.resume(returning: outcome) }
        return !isClosed
    }

    private func commit(_ commands: [WriteCommand]) -> [WriteOutcome] {
        do {
            let result = try store.commit(commands, at: .now, term: nonce)
            feed.publish(result.events, oldestSeq: result.oldestSeq)
            return result.outcomes
        } catch {
            logger.error("Articles could not be stored", metadata: ["count": "\(commands.count)", "error": "\(error)"])
            let refusal = ServiceError(
                .unavailable, "The article could not be stored: the server's disk may be full or read-only.",
                retryAfter: Self.retryAfter, cause: error)
            return commands.map { _ in .refused(refusal) }
        }
    }
}

extension WriteCommand {
    fileprivate var keyName: String? {
        guard case .create(_, _, let key) = self else { return nil }
        return key?.name
    }
}
