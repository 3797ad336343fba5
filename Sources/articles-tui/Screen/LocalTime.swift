import Core
import Foundation

/// Timestamps as people of a time zone write them.
struct LocalTime {
    let timeZone: TimeZone

    /// Five columns: the time of what was published today, the day of this year, else the year.
    func short(_ timestamp: Timestamp, now: Timestamp) -> String {
        let (then, today) = (text(timestamp), text(now))
        if then.prefix(10) == today.prefix(10) { return String(then.dropFirst(11)) }
        return then.prefix(4) == today.prefix(4) ? String(then.dropFirst(5).prefix(5)) : " " + then.prefix(4)
    }

    /// Such as `2026-11-23 17:22`.
    func long(_ timestamp: Timestamp) -> String {
        text(timestamp)
    }

    /// How long until times are shown as another day's.
    func untilTomorrow(_ now: Timestamp) -> Duration {
        let day: Int64 = 86_400_000
        let local = now.milliseconds + Int64(timeZone.secondsFromGMT(for: now.date)) * 1000
        return .milliseconds(day - (local % day + day) % day)
    }

    private func text(_ timestamp: Timestamp) -> String {
        let offset = Int64(timeZone.secondsFromGMT(for: timestamp.date))
        let local = Timestamp(milliseconds: timestamp.milliseconds + offset * 1000)
        return String(local.description.prefix(16).replacing("T", with: " "))
    }
}
