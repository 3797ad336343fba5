import Foundation

/// How far a long command is: one line on standard error that is written over, on a terminal only.
struct Progress {
    private let isShown = isatty(STDERR_FILENO) != 0
    private let start = ContinuousClock.now
    private var shown = ContinuousClock.now
    private var isDirty = false

    /// - Parameters:
    ///   - count: articles so far.
    ///   - share: how much of the whole, 0 to 1; `nil` if that is not known.
    mutating func update(_ count: Int, share: Double?) {
        guard isShown, shown.duration(to: .now) > .milliseconds(200) else { return }
        shown = .now
        isDirty = true
        write("\r\u{1B}[K" + Self.text(count, share: share, after: start.duration(to: .now) / .seconds(1)))
    }

    /// Clears the line for what comes next.
    mutating func finish() {
        guard isDirty else { return }
        isDirty = false
        write("\r\u{1B}[K")
    }

    static func text(_ count: Int, share: Double?, after seconds: Double) -> String {
        let rate = seconds > 0 ? Int(Double(count) / seconds) : 0
        var text = "\(count) articles, \(rate)/s"
        if let share, share > 0, seconds > 0 {
            let left = Int(seconds / share * (1 - share))
            text += ", \(Int(share * 100)) %, \(left / 60):\(left % 60 < 10 ? "0" : "")\(left % 60) left"
        }
        return text
    }

    private func write(_ text: String) {
        FileHandle.standardError.write(Data(text.utf8))
    }
}
