import Logging
import Synchronization

/// What is logged, for all loggers of the daemon at once; it may change while they are in use.
final class SharedLogLevel: Sendable {
    private let place: Atomic<Int>

    init(_ level: Logger.Level) {
        place = Atomic(Self.place(of: level))
    }

    var current: Logger.Level { Logger.Level.allCases[place.load(ordering: .relaxed)] }

    /// From now on lines of this level and of graver ones are logged; from any thread.
    func change(to level: Logger.Level) {
        place.store(Self.place(of: level), ordering: .relaxed)
    }

    private static func place(of level: Logger.Level) -> Int {
        Logger.Level.allCases.firstIndex(of: level) ?? 0
    }
}
