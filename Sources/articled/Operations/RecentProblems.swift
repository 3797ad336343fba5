import Core
import Logging
import Synchronization

/// The last warnings and errors of the log, for the dashboard.
final class RecentProblems: Sendable {
    struct Problem: Sendable, Hashable {
        let at: Timestamp
        let level: String
        let message: String
    }

    private static let kept = 20
    private let problems = Mutex<[Problem]>([])

    /// The latest first.
    var latest: [Problem] { problems.withLock { $0.reversed() } }

    /// Remembers a line of the log if it is a warning or graver.
    func remember(_ event: LogEvent) {
        guard event.level >= .warning else { return }
        let error = event.metadata?["error"].map { ": \($0)" } ?? ""
        let problem = Problem(
            at: .now, level: event.level.rawValue, message: String("\(event.message)\(error)".prefix(500)))
        problems.withLock { problems in
            problems.append(problem)
            if problems.count > Self.kept { problems.removeFirst() }
        }
    }
}
