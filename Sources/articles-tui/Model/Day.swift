import Core
import Foundation

/// A day of the user's calendar.
struct Day: Hashable, Sendable {
    /// Such as `2026-11-23`.
    let name: String
    /// The first moment after it.
    let end: Timestamp

    /// Reads `2026-11-23`, `11-23` of this year, `today`, `yesterday`, or `-7` for a week ago.
    init?(_ text: String, today: Timestamp, timeZone: TimeZone) {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = timeZone
        let now = calendar.dateComponents([.year, .month, .day], from: today.date)
        var day = DateComponents(year: now.year, month: now.month, day: now.day)
        let words = text.trimmingCharacters(in: .whitespaces).lowercased()
        let numbers = words.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
        switch (words, numbers.count) {
        case ("today", _): break
        case ("yesterday", _): day.day = (day.day ?? 1) - 1
        case (_, 2) where words.hasPrefix("-"):
            guard let ago = numbers[1], ago <= 100_000 else { return nil }
            day.day = (day.day ?? 1) - ago
        case (_, 2):
            guard let month = numbers[0], let number = numbers[1] else { return nil }
            (day.month, day.day) = (month, number)
        case (_, 3):
            guard let year = numbers[0], let month = numbers[1], let number = numbers[2], (1...9999).contains(year)
            else { return nil }
            day = DateComponents(year: year, month: month, day: number)
        default: return nil
        }
        if numbers.allSatisfy({ $0 != nil }), !day.isValidDate(in: calendar) { return nil }
        guard let start = calendar.date(from: day), let end = calendar.date(byAdding: .day, value: 1, to: start) else {
            return nil
        }
        let parts = calendar.dateComponents([.year, .month, .day], from: start)
        name = [parts.year ?? 0, parts.month ?? 0, parts.day ?? 0]
            .map { $0 < 10 ? "0\($0)" : "\($0)" }.joined(separator: "-")
        self.end = Timestamp(milliseconds: Int64(end.timeIntervalSince1970 * 1000))
    }
}
