import Logging

/// What the daemon's loggers do with a line: write it in the format that was asked for, count it, and remember it if it
/// is a problem.
struct DaemonLogHandler: LogHandler {
    let output: LogOutput
    let level: SharedLogLevel
    let problems: RecentProblems
    let counts: LogLineCounts

    var metadata: Logger.Metadata = [:]
    /// One logger may say less than the others, but not more.
    private var ownLevel: Logger.Level?

    init(
        output: LogOutput, level: SharedLogLevel, problems: RecentProblems, counts: LogLineCounts
    ) {
        self.output = output
        self.level = level
        self.problems = problems
        self.counts = counts
    }

    var logLevel: Logger.Level {
        get { max(ownLevel ?? .trace, level.current) }
        set { ownLevel = newValue }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        output.write(LogEntry(event, metadata: metadata))
        counts.count(event.level)
        problems.remember(event)
    }
}
