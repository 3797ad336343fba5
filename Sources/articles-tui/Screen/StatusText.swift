import ArticlesClient

/// The link's state in the words that users learn.
enum StatusText {
    static func words(_ state: ConnectionState, hasConnected: Bool, now: ContinuousClock.Instant) -> String {
        switch state {
        case .connecting(attempt: 1) where !hasConnected: "connecting"
        case .connecting(let attempt): "reconnecting (attempt \(attempt))"
        case .catchingUp: "catching up"
        case .live: "live"
        case .stale: "stale"
        case .waiting(let attempt, let until, _): "reconnecting in \(seconds(until - now)) s (attempt \(attempt))"
        case .refused: "offline"
        }
    }

    /// Why, where there is a reason.
    static func reason(_ state: ConnectionState) -> String? {
        switch state {
        case .waiting(_, _, let reason), .refused(let reason): TerminalText.line(reason)
        case .stale: "no sign of life from the server"
        case .connecting, .catchingUp, .live: nil
        }
    }

    /// How long until the words change by themselves; `nil` if they don't.
    static func nextChange(_ state: ConnectionState, now: ContinuousClock.Instant) -> Duration? {
        guard case .waiting(_, let until, _) = state, until > now else { return nil }
        let remaining = until - now
        let fraction = remaining - .seconds(remaining.components.seconds)
        return fraction > .zero ? fraction : .seconds(1)
    }

    private static func seconds(_ duration: Duration) -> Int64 {
        let whole = duration.components.seconds
        return max(0, duration > .seconds(whole) ? whole + 1 : whole)
    }
}
