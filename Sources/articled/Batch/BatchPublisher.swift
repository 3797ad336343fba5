import Core
import Hummingbird
import NIOCore
import ServiceLifecycle
import Synchronization

/// Publishes the lines of one batch in rounds: what has come together is committed together, and is answered before
/// more is read. The answers wait for the client on the side, for many send everything before they read anything.
struct BatchPublisher: Sendable {
    let log: ArticleLog
    let actor: AuditActor
    let limits: ArticleLimits
    /// Called for each draft; throws if the publisher must slow down.
    let takeWrite: @Sendable () throws(ServiceError) -> Void

    /// How many lines one round has at most, so that others who publish meanwhile need not wait long, and have room in
    /// the queue.
    private var maxRound: Int { min(512, max(1, log.limits.commands / 2)) }
    /// How much a client may leave unread before nothing more is read from it, in bytes.
    private static let maxUnsent = 8 * 1024 * 1024

    /// The batch was cut off: not all of its lines have been answered.
    struct Incomplete: Error {}

    /// Reads the body to its end and answers every line of it, in order.
    ///
    /// - Throws: if the answer is incomplete, so that it ends without the mark of its end.
    func publish(_ body: RequestBody, answeringTo writer: inout any ResponseBodyWriter) async throws {
        let answers = AnswerBuffer()
        try await withThrowingTaskGroup { group in
            group.addTask {
                do {
                    try await cancelWhenGracefulShutdown { try await read(body, answers) }
                    answers.finish(throwing: nil)
                } catch {
                    answers.finish(throwing: error)
                }
            }
            defer { group.cancelAll() }
            for try await bytes in answers.pieces {
                try await writer.write(bytes)
                answers.sent(bytes.readableBytes)
            }
        }
        try await writer.finish(nil)
    }

    private func read(_ body: RequestBody, _ answers: AnswerBuffer) async throws {
        var splitter = LineSplitter(maxBytes: ArticleBody.maxRequestBytes(limits))
        for try await piece in body {
            try await publish(splitter.take(piece.readableBytesView), answers)
            await answers.isBelow(Self.maxUnsent)
        }
        // The end of what has come need not be the end of the batch.
        guard !Task.isCancelled else { throw Incomplete() }
        if let line = splitter.finish() { try await publish([line], answers) }
    }

    private func publish(_ lines: [LineSplitter.Line], _ answers: AnswerBuffer) async throws {
        var round = Round()
        for line in lines {
            guard let entry = entry(line) else { continue }
            // The second of two equal keys is a repetition of the first, whose answer must be there.
            if round.entries.count == maxRound || !round.add(entry) {
                try await carryOut(round, answers)
                round = Round()
                _ = round.add(entry)
            }
        }
        if !round.entries.isEmpty { try await carryOut(round, answers) }
    }

    private func entry(_ line: LineSplitter.Line) -> Round.Entry? {
        switch line.content {
        case .bytes(let bytes) where bytes.allSatisfy({ $0 == 0x20 || $0 == 0x09 }):
            return nil
        case .bytes(let bytes):
            do {
                let command = try BatchDraft(bytes, by: actor, limits: limits).command
                try takeWrite()
                return .command(line.number, command)
            } catch {
                return .answered(BatchAnswer(line: line.number, outcome: .refused(error)))
            }
        case .tooLong:
            let error = ServiceError(
                .contentTooLarge, "The line is too long; an article's body may have \(limits.maxBodyBytes) bytes.")
            return .answered(BatchAnswer(line: line.number, outcome: .refused(error)))
        }
    }

    /// What is committed and answered together.
    private struct Round {
        enum Entry {
            case command(Int, WriteCommand)
            case answered(BatchAnswer)
        }

        private(set) var entries: [Entry] = []
        private var keys: Set<String> = []

        /// False if the key is there already.
        mutating func add(_ entry: Entry) -> Bool {
            if case .command(_, let command) = entry, let name = command.keyName, !keys.insert(name).inserted {
                return false
            }
            entries.append(entry)
            return true
        }
    }

    private func carryOut(_ round: Round, _ answers: AnswerBuffer) async throws {
        var commands: [WriteCommand] = []
        for case .command(_, let command) in round.entries { commands.append(command) }
        var outcomes = await log.append(commands)[...]
        var bytes = ByteBuffer()
        for entry in round.entries {
            switch entry {
            case .answered(let answer):
                bytes.writeBytes(answer.json)
            case .command(let line, _):
                if let outcome = outcomes.popFirst() {
                    bytes.writeBytes(BatchAnswer(line: line, outcome: outcome).json)
                }
            }
        }
        answers.add(bytes)
    }
}

/// Answers that the client has not been sent.
private final class AnswerBuffer: Sendable {
    let pieces: AsyncThrowingStream<ByteBuffer, any Error>
    private let continuation: AsyncThrowingStream<ByteBuffer, any Error>.Continuation
    private let unsent = Atomic<Int>(0)
    private let progress: AsyncStream<Void>
    private let progressed: AsyncStream<Void>.Continuation

    init() {
        // Bounded by its only user, who waits while it is too much.
        (pieces, continuation) = AsyncThrowingStream.makeStream()
        (progress, progressed) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    func add(_ bytes: ByteBuffer) {
        unsent.add(bytes.readableBytes, ordering: .relaxed)
        continuation.yield(bytes)
    }

    func sent(_ bytes: Int) {
        unsent.subtract(bytes, ordering: .relaxed)
        progressed.yield()
    }

    /// Waits until less than that is unsent, or the task is cancelled.
    func isBelow(_ limit: Int) async {
        guard unsent.load(ordering: .relaxed) >= limit else { return }
        for await _ in progress where unsent.load(ordering: .relaxed) < limit { return }
    }

    func finish(throwing error: (any Error)?) {
        continuation.finish(throwing: error)
    }
}
