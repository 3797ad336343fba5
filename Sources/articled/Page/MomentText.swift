import Core
import FoundationEssentials

/// A moment in the three ways that the page writes it.
struct MomentText: Sendable {
    /// RFC 3339, for programs.
    let machine: String
    /// In words and UTC.
    let absolute: String
    /// As seen from now; the page's script words it in the same way.
    let relative: String

    init(_ moment: Timestamp, now: Timestamp) {
        machine = moment.description
        let parts = Calendar.utc.dateComponents([.year, .month, .day, .hour, .minute, .second], from: moment.date)
        let day = "\(parts.day!) \(Self.months[parts.month! - 1].prefix(3)) \(parts.year!)"
        let clock = [parts.hour!, parts.minute!, parts.second!].map { $0 < 10 ? "0\($0)" : "\($0)" }
        absolute = "\(parts.day!) \(Self.months[parts.month! - 1]) \(parts.year!), \(clock.joined(separator: ":")) UTC"

        let seconds = (now.milliseconds - moment.milliseconds) / 1000
        relative =
            switch seconds {
            case -60..<60: "just now"
            case 60..<3600: "\(seconds / 60) min ago"
            case 3600..<86_400: "\(seconds / 3600) h ago"
            case 86_400..<172_800: "yesterday"
            case 172_800..<604_800: "\(seconds / 86_400) days ago"
            default: day
            }
    }

    private static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ]
}

extension Calendar {
    fileprivate static let utc: Calendar = {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        return calendar
    }()
}
