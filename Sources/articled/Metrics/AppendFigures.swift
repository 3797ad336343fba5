import Core

/// What the article log has done since the start: touched once a transaction, under the log's own lock.
struct AppendFigures: Sendable {
    /// What became of a command.
    enum Outcome: String, CaseIterable, Sendable {
        case created, updated, deleted
        /// It had been carried out before, with the same key.
        case repeated
        /// It was not possible.
        case refused
        /// It could not be stored, or not safely enough.
        case unavailable

        init(_ outcome: WriteOutcome) {
            switch outcome {
            case .created: self = .created
            case .updated: self = .updated
            case .deleted: self = .deleted
            case .repeated: self = .repeated
            case .refused(let error): self = error.code == .unavailable ? .unavailable : .refused
            }
        }
    }

    /// Why a command was not even queued.
    enum Refusal: String, CaseIterable, Sendable {
        case full, stopping
        case keyInProgress = "key_in_progress"
    }

    /// From when a command came until it was answered: waiting, and its transaction.
    private(set) var appends = Histogram.seconds
    /// How long transactions took, their fsync included.
    private(set) var commits = Histogram.seconds
    /// How many commands a transaction carried.
    private(set) var batches = Histogram(bounds: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024])
    private(set) var outcomes: [Outcome: Int] = [:]
    private(set) var refusals: [Refusal: Int] = [:]
    private(set) var failedCommits = 0

    mutating func refused(_ refusal: Refusal) {
        refusals[refusal, default: 0] += 1
    }

    mutating func committed(
        _ batch: [ArticleLog.Submission], _ outcomes: [WriteOutcome], from start: ContinuousClock.Instant,
        to end: ContinuousClock.Instant, hasFailed: Bool
    ) {
        commits.observe(end - start)
        batches.observe(Double(batch.count))
        for submission in batch { appends.observe(end - submission.submitted) }
        for outcome in outcomes { self.outcomes[Outcome(outcome), default: 0] += 1 }
        if hasFailed { failedCommits += 1 }
    }
}
