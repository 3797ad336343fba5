import Foundation

/// A line on standard error that is written over, on a terminal only.
struct ProgressLine {
    private let isShown = isatty(STDERR_FILENO) != 0
    private var shown: ContinuousClock.Instant?
    private var isDirty = false

    /// Shows a text, unless one was shown just now.
    mutating func update(_ text: () -> String) {
        update { [text()] }
    }

    /// Shows the first of some texts that fits into one line; of the last of them as much as does.
    mutating func update(_ texts: () -> [String]) {
        guard isShown, shown.map({ $0.duration(to: .now) > .milliseconds(200) }) ?? true else { return }
        shown = .now
        isDirty = true
        write("\r\u{1B}[K" + Self.fitting(texts(), TerminalWidth.columns(of: STDERR_FILENO)))
    }

    static func fitting(_ texts: [String], _ columns: Int?) -> String {
        guard let columns else { return texts.first ?? "" }
        // In the last column some terminals go on to the next line.
        return texts.first { $0.count < columns } ?? String((texts.last ?? "").prefix(columns - 1))
    }

    /// Clears the line for what comes next.
    mutating func finish() {
        guard isDirty else { return }
        isDirty = false
        write("\r\u{1B}[K")
    }

    private func write(_ text: String) {
        FileHandle.standardError.write(Data(text.utf8))
    }
}

/// How far a long command is with its articles.
struct Progress {
    private let start = ContinuousClock.now
    private var line = ProgressLine()

    /// - Parameters:
    ///   - count: articles so far.
    ///   - share: how much of the whole, 0 to 1; `nil` if that is not known.
    ///   - done: what was done with them, where that needs saying.
    mutating func update(_ count: Int, share: Double?, _ done: String = "") {
        let seconds = start.duration(to: .now) / .seconds(1)
        line.update { (done.isEmpty ? "" : done + " ") + Self.text(count, share: share, after: seconds) }
    }

    /// Clears the line for what comes next.
    mutating func finish() { line.finish() }

    static func text(_ count: Int, share: Double?, after seconds: Double) -> String {
        let rate = seconds > 0 ? Int(Double(count) / seconds) : 0
        var text = "\(count) articles, \(rate)/s"
        if let share, share > 0, seconds > 0 {
            let left = Int(seconds / share * (1 - share))
            text += ", \(Int(share * 100)) %, \(left / 60):\(left % 60 < 10 ? "0" : "")\(left % 60) left"
        }
        return text
    }
}
