import Logging
import Synchronization

/// How many lines of each level were logged.
final class LogLineCounts: Sendable {
    private let problems = Mutex<[Logger.Level: Int]>([:])

    /// Only what somebody may have to look into is counted: other lines can be many.
    func count(_ level: Logger.Level) {
        guard level >= .warning else { return }
        problems.withLock { $0[level, default: 0] += 1 }
    }

    func total(_ level: Logger.Level) -> Int {
        problems.withLock { $0[level, default: 0] }
    }

    static let counted: [Logger.Level] = [.warning, .error, .critical]
}
