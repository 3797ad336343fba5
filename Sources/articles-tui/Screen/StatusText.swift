import ArticlesClient

/// The link's state in the words that users learn.
enum StatusText {
    static func words(_ state: ConnectionState, now: ContinuousClock.Instant) -> String {
        switch state {
        case .connecting(let attempt): attempt == 1 ? "connecting" : "reconnecting now (attempt \(attempt))"
        case .catchingUp: "catching up"
        case .live: "live"
        case .stale: "stale"
        case .waiting(let attempt, let until, _):
            "reconnecting in \(seconds(until - now)) s (attempt \(attempt))"
        case .refused: "offline"
        }
    }

    /// Why, where that helps.
    static func reason(_ state: ConnectionState) -> String? {
        switch state {
        case .waiting(_, _, let reason), .refused(let reason): DisplayText.line(reason)
        case .connecting, .catchingUp, .live, .stale: nil
        }
    }

    /// When the words change by themselves; `nil` if they don't.
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
