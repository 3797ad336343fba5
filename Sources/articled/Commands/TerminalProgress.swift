import Console
import Foundation

#if canImport(Glibc)
    import Glibc
#endif

/// How far a long command is, on standard error if that is a terminal. Ends the command when the user wants it to end.
final class TerminalProgress {
    private let what: String
    private let isShown = isatty(STDERR_FILENO) == 1
    private var shown: ContinuousClock.Instant?

    /// The user has interrupted the command.
    struct Interrupted: Error {}

    init(_ what: String) {
        self.what = what
        Interruption.watch()
    }

    /// - Parameter share: how much is done, from 0 to 1.
    /// - Throws: ``Interrupted``.
    func update(_ share: Double) throws {
        guard !Interruption.isAsked else { throw Interrupted() }
        guard isShown, shown.map({ $0.duration(to: .now) > .milliseconds(200) }) ?? true else { return }
        shown = .now
        write("\r\u{1B}[K\(what): \(Int(share * 100)) %")
    }

    /// Clears the line for what comes next.
    func finish() {
        if shown != nil { write("\r\u{1B}[K") }
        shown = nil
    }

    private func write(_ text: String) {
        FileHandle.standardError.write(Data(text.utf8))
    }
}
