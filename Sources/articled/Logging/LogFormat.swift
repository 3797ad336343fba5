import ArgumentParser

#if canImport(Glibc)
    import Glibc
#endif

/// How lines of the log are written (`--log-format`).
enum LogFormat: String, CaseIterable, ExpressibleByArgument, Sendable {
    /// For people.
    case text
    /// One JSON object on each line (RFC 8259).
    case json
    /// Text where standard error is a terminal, else JSON.
    case auto

    /// - Parameter isTerminal: whether the log is shown on one.
    func line(_ entry: LogEntry, isTerminal: Bool) -> [UInt8] {
        switch self {
        case .text: entry.text
        case .json: entry.json
        case .auto: isTerminal ? entry.text : entry.json
        }
    }
}
