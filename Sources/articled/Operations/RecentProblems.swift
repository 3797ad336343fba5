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

    fileprivate func add(_ problem: Problem) {
        problems.withLock { problems in
            problems.append(problem)
            if problems.count > Self.kept { problems.removeFirst() }
        }
    }

    /// A logger that remembers its problems here besides writing them where the other does.
    func remembering(_ handler: any LogHandler) -> any LogHandler {
        MultiplexLogHandler([handler, Handler(problems: self)])
    }

    private struct Handler: LogHandler {
        let problems: RecentProblems
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.warning

        init(problems: RecentProblems) {
            self.problems = problems
        }

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            guard event.level >= .warning else { return }
            let error = event.metadata?["error"].map { ": \($0)" } ?? ""
            problems.add(
                Problem(at: .now, level: event.level.rawValue, message: String("\(event.message)\(error)".prefix(500))))
        }
    }
}
