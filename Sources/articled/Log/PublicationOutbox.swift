import NIOCore
import Synchronization

/// What the publishers of one event loop send: brought to the writer together, and answered together.
///
/// Unchecked Sendable because everything but the outcomes is touched on the event loop only.
final class PublicationOutbox: @unchecked Sendable {
    typealias Completion = (WriteOutcome) -> Void

    /// A publication that has not been answered.
    ///
    /// Unchecked Sendable because the completion is touched on the event loop only.
    private final class Pending: @unchecked Sendable {
        let command: WriteCommand
        let completion: Completion

        init(_ command: WriteCommand, _ completion: @escaping Completion) {
            self.command = command
            self.completion = completion
        }
    }

    private let eventLoop: any EventLoop
    private let log: ArticleLog
    private var waiting: [Pending] = []
    private var unanswered = 0
    private var emptied: EventLoopPromise<Void>?
    private let outcomes = Mutex<[(Pending, WriteOutcome)]>([])

    init(eventLoop: any EventLoop, log: ArticleLog) {
        self.eventLoop = eventLoop
        self.log = log
    }

    /// Takes a command; the completion is called on the event loop.
    func submit(_ command: WriteCommand, completion: @escaping Completion) {
        unanswered += 1
        waiting.append(Pending(command, completion))
        // Behind whatever else this turn of the loop reads.
        if waiting.count == 1 { eventLoop.execute { self.flush() } }
    }

    private func flush() {
        let taken = waiting
        waiting = []
        log.submit(
            taken.map { pending in
                ArticleLog.Submission(command: pending.command) { self.finished(pending, $0) }
            })
    }

    /// From any thread.
    private func finished(_ pending: Pending, _ outcome: WriteOutcome) {
        let isFirst = outcomes.withLock { outcomes in
            outcomes.append((pending, outcome))
            return outcomes.count == 1
        }
        if isFirst { eventLoop.execute { self.answer() } }
    }

    private func answer() {
        let finished = outcomes.withLock { outcomes in
            defer { outcomes = [] }
            return outcomes
        }
        for (pending, outcome) in finished { pending.completion(outcome) }
        unanswered -= finished.count
        if unanswered == 0 {
            emptied?.succeed()
            emptied = nil
        }
    }

    /// Waits until everything that was submitted has been answered.
    func drain() async {
        let promise = eventLoop.makePromise(of: Void.self)
        eventLoop.execute {
            if self.unanswered == 0 {
                promise.succeed()
            } else {
                self.emptied = promise
            }
        }
        // Fails only with the loop itself, and then nobody is left to be answered.
        try? await promise.futureResult.get()
    }
}
