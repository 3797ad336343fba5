import Logging

/// The daemon's log: where it goes, what is in it, and what was in it.
struct Logs: Sendable {
    let output: LogOutput
    /// Changes what is logged from now on.
    let level: SharedLogLevel
    let problems = RecentProblems()
    let counts = LogLineCounts()

    init(format: LogFormat, level: Logger.Level) {
        output = LogOutput(format: format)
        self.level = SharedLogLevel(level)
    }

    var logger: Logger {
        Logger(
            label: "articled",
            factory: { _ in DaemonLogHandler(output: output, level: level, problems: problems, counts: counts) })
    }
}
