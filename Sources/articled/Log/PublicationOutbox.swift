import NIOCore
import Synchronization

/// What the publishers of one event loop send: brought to the writer together, once a turn of the loop, and answered
/// together.
///
/// Unchecked Sendable because everything but the outcomes is touched on the event loop only.
final class PublicationOutbox: @unchecked Sendable {
    typealias Completion = (WriteOutcome) -> Void

    private let eventLoop: any EventLoop
    private let log: ArticleLog
    private var commands: [(command: WriteCommand, number: Int)] = []
    private var completions: [Int: Completion] = [:]
    private var lastNumber = 0
    private var emptied: EventLoopPromise<Void>?
    private let outcomes = Mutex<[(number: Int, outcome: WriteOutcome)]>([])

    init(eventLoop: any EventLoop, log: ArticleLog) {
        self.eventLoop = eventLoop
        self.log = log
    }

    /// Takes a command; the completion is called on the event loop.
    func submit(_ command: WriteCommand, completion: @escaping Completion) {
        lastNumber += 1
        completions[lastNumber] = completion
        commands.append((command, lastNumber))
        // Behind whatever else this turn of the loop reads.
        if commands.count == 1 { eventLoop.execute { self.flush() } }
    }

    private func flush() {
        let taken = commands
        commands = []
        log.submit(
            taken.map { command, number in
                ArticleLog.Submission(command: command) { self.finished(number, $0) }
            })
    }

    /// From any thread.
    private func finished(_ number: Int, _ outcome: WriteOutcome) {
        let isFirst = outcomes.withLock { outcomes in
            outcomes.append((number, outcome))
            return outcomes.count == 1
        }
        if isFirst { eventLoop.execute { self.answer() } }
    }

    private func answer() {
        let finished = outcomes.withLock { outcomes in
            defer { outcomes = [] }
            return outcomes
        }
        for (number, outcome) in finished { completions.removeValue(forKey: number)?(outcome) }
        if completions.isEmpty {
            emptied?.succeed()
            emptied = nil
        }
    }

    /// Waits until everything that was submitted has been answered.
    func drain() async {
        let promise = eventLoop.makePromise(of: Void.self)
        eventLoop.execute {
            if self.completions.isEmpty {
                promise.succeed()
            } else {
                self.emptied = promise
            }
        }
        // Fails only with the loop itself, and then nobody is left to be answered.
        try? await promise.futureResult.get()
    }
}
