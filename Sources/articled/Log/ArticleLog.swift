import Core
import DequeModule
import Dispatch
import Foundation
import Logging
import ServiceLifecycle
import Synchronization
import Tracing

/// The one way into the feed: a bounded queue and one writer thread that commits what has come together in one
/// transaction, then answers the publishers and hands the events to the feed.
///
/// The task of a request that gives up does not take its command back: once queued, it is carried out.
final class ArticleLog: Service {
    /// A command and who is told what became of it.
    struct Submission: Sendable {
        let command: WriteCommand
        /// What asked for it, if that is traced.
        var context: ServiceContext?
        /// Called once, on the writer's thread or before ``ArticleLog/submit(_:)`` returns; must not take long.
        let completion: @Sendable (WriteOutcome) -> Void
        let submitted = ContinuousClock.now
    }

    /// What may wait to be stored; what comes beyond is turned away.
    struct Limits: Hashable, Sendable {
        var commands = 10_000
        /// What the texts of the commands add up to.
        var bytes = 64 * 1024 * 1024
    }

    private struct State {
        var queue: Deque<Submission> = []
        var queuedBytes = 0
        /// Names of the keys whose first request has not been answered.
        var keysInProgress: Set<String> = []
        var isClosed = false
        /// Who wants to know that the writer has come to them.
        var callers: [@Sendable () -> Void] = []
        /// The writer has ended.
        var isOver = false
    }

    private let store: any Store
    private let feed: FeedLog
    private let liveLimits: Live<Limits>
    private let logger: Logger
    private let traces: Traces
    private let nonce: UInt32
    private let state = Mutex(State())
    private let counted = Mutex(AppendFigures())
    private let wake = DispatchSemaphore(value: 0)
    /// The last transaction failed.
    private let isFailing = Atomic<Bool>(false)

    /// What one transaction carries at most.
    private static let batch = Limits(commands: 1024, bytes: 8 * 1024 * 1024)
    /// When a publisher who was turned away should come again, in seconds.
    private static let retryAfter = 1

    init(store: any Store, feed: FeedLog, limits: Limits, logger: Logger, traces: Traces = .off) {
        self.traces = traces
        self.store = store
        self.feed = feed
        liveLimits = Live(limits)
        self.logger = logger
        let known = Set(feed.history.terms.map(\.nonce))
        var nonce = UInt32.random(in: 1 ... .max)
        while known.contains(nonce) { nonce = .random(in: 1 ... .max) }
        self.nonce = nonce
    }

    var limits: Limits { liveLimits.value }

    /// Other limits from now on; what waits already goes on waiting.
    func setLimits(_ limits: Limits) {
        liveLimits.set(limits)
    }

    /// Carries out a command and returns when it is durable and on its way to the subscribers.
    ///
    /// - Throws: ``ServiceError``: `unavailable` if the queue is full, the daemon is stopping, or the store failed;
    ///   `conflict` if the first request with the same key is still being committed; else why the command was refused.
    func append(_ command: WriteCommand) async throws(ServiceError) -> WriteOutcome {
        let outcome = await traces.withAppend(of: 1) { context in
            await withCheckedContinuation { continuation in
                submit([Submission(command: command, context: context) { continuation.resume(returning: $0) }])
            }
        }
        if case .refused(let error) = outcome { throw error }
        return outcome
    }

    /// Carries out commands together and returns what became of each.
    func append(_ commands: [WriteCommand]) async -> [WriteOutcome] {
        guard !commands.isEmpty else { return [] }
        let collected = Mutex<(outcomes: [WriteOutcome?], missing: Int)>(
            ([WriteOutcome?](repeating: nil, count: commands.count), commands.count))
        await traces.withAppend(of: commands.count) { context in
            await withCheckedContinuation { continuation in
                submit(
                    commands.enumerated().map { index, command in
                        Submission(command: command, context: context) { outcome in
                            let isLast = collected.withLock { collected in
                                collected.outcomes[index] = outcome
                                collected.missing -= 1
                                return collected.missing == 0
                            }
                            if isLast { continuation.resume() }
                        }
                    })
            }
        }
        return collected.withLock { $0.outcomes.compactMap { $0 } }
    }

    /// Hands commands to the writer, which carries them out in this order. Outcomes come in this order too, but for
    /// commands that are refused at once, because of which ``append(_:)`` says.
    func submit(_ submissions: [Submission]) {
        var refused: [(Submission, ServiceError)] = []
        let hasQueued = state.withLock { state in
            let before = state.queue.count
            for submission in submissions {
                if let refusal = take(submission, &state) { refused.append((submission, refusal)) }
            }
            // While there is something in the queue the writer has been woken already.
            return before == 0 && !state.queue.isEmpty
        }
        if hasQueued { wake.signal() }
        for (submission, refusal) in refused { submission.completion(.refused(refusal)) }
    }

    /// Queues a command, or says why not.
    private func take(_ submission: Submission, _ state: inout State) -> ServiceError? {
        if state.isClosed {
            counted.withLock { $0.refused(.stopping) }
            return ServiceError(.unavailable, "The server is stopping.", retryAfter: Self.retryAfter)
        }
        let bytes = submission.command.textBytes
        // One alone always fits.
        guard
            state.queue.count < limits.commands,
            state.queue.isEmpty || state.queuedBytes + bytes <= limits.bytes
        else {
            counted.withLock { $0.refused(.full) }
            return ServiceError(
                .unavailable, "Too many articles are waiting to be stored.", retryAfter: Self.retryAfter)
        }
        if let name = submission.command.keyName, !state.keysInProgress.insert(name).inserted {
            counted.withLock { $0.refused(.keyInProgress) }
            return ServiceError(
                .conflict, "The first request with this Idempotency-Key is still being stored.",
                retryAfter: Self.retryAfter)
        }
        state.queue.append(submission)
        state.queuedBytes += bytes
        return nil
    }

    /// What has been done since the start.
    var figures: AppendFigures { counted.withLock { $0 } }

    /// What waits to be stored.
    var queued: Limits { state.withLock { Limits(commands: $0.queue.count, bytes: $0.queuedBytes) } }

    /// Whether the last transaction could be made durable.
    var isStoring: Bool { !isFailing.load(ordering: .relaxed) }

    /// Checks that articles can be stored; only if the last attempt failed is there anything to do.
    ///
    /// - Throws: why not.
    func checkStore() async throws {
        guard isFailing.load(ordering: .relaxed) else { return }
        try await store.probeWriting()
        if isFailing.exchange(false, ordering: .relaxed) { logger.notice("Articles can be stored again") }
    }

    /// Calls back from the writer's thread as soon as it is done with what it is doing; at once if it has ended.
    func whenReached(_ callback: @escaping @Sendable () -> Void) {
        let isOver = state.withLock { state in
            if !state.isOver { state.callers.append(callback) }
            return state.isOver
        }
        if isOver { callback() } else { wake.signal() }
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
        while true {
            let (batch, callers, isClosed) = state.withLock { state in
                var batch: [Submission] = []
                var bytes = 0
                while batch.count < Self.batch.commands, bytes < Self.batch.bytes, let next = state.queue.popFirst() {
                    batch.append(next)
                    bytes += next.command.textBytes
                }
                state.queuedBytes -= bytes
                state.isOver = batch.isEmpty && state.isClosed
                defer { state.callers = [] }
                return (batch, state.callers, state.isClosed)
            }
            for callback in callers { callback() }
            guard !batch.isEmpty else { return !isClosed }
            carryOut(batch)
        }
    }

    private func carryOut(_ batch: [Submission]) {
        let outcomes: [WriteOutcome]
        var committed: FeedLog.Committed?
        var failure: (any Error)?
        let span = traces.startCommit(of: batch)
        let start = ContinuousClock.now
        do {
            let result = try store.commit(batch.map(\.command), at: .now, term: nonce)
            outcomes = result.outcomes
            if !result.events.isEmpty { committed = feed.take(result.events, oldestSeq: result.oldestSeq) }
            failure = result.failure
            if let failure {
                fails(failure)
            } else if isFailing.exchange(false, ordering: .relaxed) {
                logger.notice("Articles are stored again")
            }
        } catch {
            failure = error
            fails(error)
            let refusal =
                error as? ServiceError
                ?? ServiceError(
                    .unavailable, "The article could not be stored: the server's disk may be full or read-only.",
                    retryAfter: Self.retryAfter, cause: error)
            outcomes = batch.map { _ in .refused(refusal) }
        }
        span?.end(failure)
        let end = ContinuousClock.now
        counted.withLock { $0.committed(batch, outcomes, from: start, to: end, hasFailed: failure != nil) }
        state.withLock { state in
            for submission in batch { if let name = submission.command.keyName { state.keysInProgress.remove(name) } }
        }
        // The publishers first: answering them is quick, and what they send next can leave together with this.
        for (submission, outcome) in zip(batch, outcomes) { submission.completion(outcome) }
        if let committed { feed.deliver(committed) }
    }

    private func fails(_ error: any Error) {
        // Said once, for the log may be on the same disk.
        guard !isFailing.exchange(true, ordering: .relaxed) else { return }
        logger.error(
            "Articles can't be stored; publishers are told to retry",
            metadata: ["error": "\((error as? ServiceError)?.cause ?? error)"])
    }
}
