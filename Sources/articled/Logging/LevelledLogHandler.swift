import Logging

/// Passes on what is grave enough by a level that all loggers share and that may change.
struct LevelledLogHandler: LogHandler {
    private var handler: any LogHandler
    private let level: SharedLogLevel
    /// The level of one logger, if it has one of its own.
    private var ownLevel: Logger.Level?

    /// - Parameter handler: must let everything through.
    init(_ handler: any LogHandler, level: SharedLogLevel) {
        self.handler = handler
        self.level = level
    }

    var logLevel: Logger.Level {
        get { ownLevel ?? level.current }
        set { ownLevel = newValue }
    }

    var metadata: Logger.Metadata {
        get { handler.metadata }
        set { handler.metadata = newValue }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { handler[metadataKey: key] }
        set { handler[metadataKey: key] = newValue }
    }

    func log(event: LogEvent) {
        handler.log(event: event)
    }
}
