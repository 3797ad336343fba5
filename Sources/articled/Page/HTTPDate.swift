import Core

/// Times in HTTP's headers: `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110 section 5.6.7).
enum HTTPDate {
    private static let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// - Parameter seconds: since 1970, not before it.
    static func text(_ seconds: Int64) -> String {
        // 1994-11-06T08:49:37.000Z
        let parts = Timestamp(milliseconds: seconds * 1000).description.split { "-T:.".contains($0) }
        let month = months[(Int(parts[1]) ?? 1) - 1]
        return "\(days[Int(seconds / 86_400 % 7)]), \(parts[2]) \(month) \(parts[0]) "
            + "\(parts[3]):\(parts[4]):\(parts[5]) GMT"
    }

    /// Seconds since 1970; `nil` for what is no such time. The two obsolete forms are not sent by anybody who has ours.
    static func seconds(_ text: String) -> Int64? {
        let parts = text.split(separator: " ")
        guard parts.count == 6, parts[5] == "GMT", let month = months.firstIndex(of: String(parts[2])) else {
            return nil
        }
        let number = month < 9 ? "0\(month + 1)" : "\(month + 1)"
        return Timestamp("\(parts[3])-\(number)-\(parts[1])T\(parts[4])Z").map { $0.milliseconds / 1000 }
    }
}
