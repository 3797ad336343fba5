import Foundation

/// How many columns a terminal has.
enum TerminalWidth {
    /// Narrower ones are taken for this wide: less can't hold a figure and its name.
    private static let least = 20

    /// - Returns: `nil` if the descriptor is no terminal, or one that does not say.
    static func columns(of descriptor: Int32) -> Int? {
        var size = winsize()
        guard isatty(descriptor) != 0, ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else {
            return nil
        }
        return max(Int(size.ws_col), least)
    }
}
