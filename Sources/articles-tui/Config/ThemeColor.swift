/// A colour of a theme.
enum ThemeColor: Hashable, Sendable {
    /// The terminal's own.
    case standard
    /// Of the terminal's palette, 0–255.
    case indexed(Int)
    /// Red, green and blue, 0–255.
    case rgb(Int, Int, Int)

    private static let names = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"]

    /// Reads `default`, `cyan`, `bright-cyan`, `0`–`255` or `#1f2937`.
    init?(_ text: String) {
        if text == "default" {
            self = .standard
        } else if let index = Self.names.firstIndex(of: text) {
            self = .indexed(index)
        } else if text.hasPrefix("bright-"), let index = Self.names.firstIndex(of: String(text.dropFirst(7))) {
            self = .indexed(index + 8)
        } else if let number = Int(text), (0...255).contains(number) {
            self = .indexed(number)
        } else if text.count == 7, text.first == "#", text.dropFirst().allSatisfy(\.isHexDigit),
            let number = Int(text.dropFirst(), radix: 16)
        {
            self = .rgb(number >> 16, number >> 8 & 255, number & 255)
        } else {
            return nil
        }
    }

    /// What a terminal is told to use; -1 is its own.
    ///
    /// - Parameter count: how many colours it has; more than 256 means that it takes 24 bits.
    func number(colors count: Int) -> Int32 {
        switch self {
        case .standard: return -1
        case .indexed(let index):
            if index < min(count, 8) || (index < count && count <= 256) { return Int32(index) }
            let (red, green, blue) = Self.palette(index)
            return ThemeColor.rgb(red, green, blue).number(colors: count)
        case .rgb(let red, let green, let blue):
            // Of direct colours the first eight are the palette's.
            if count > 256 { return Int32(max(red << 16 | green << 8 | blue, 8)) }
            let candidates = count >= 256 ? 16..<256 : 0..<min(count, 16)
            let nearest = candidates.min { distance(Self.palette($0)) < distance(Self.palette($1)) }
            return Int32(nearest ?? -1)
        }
    }

    private func distance(_ other: (Int, Int, Int)) -> Int {
        guard case .rgb(let red, let green, let blue) = self else { return 0 }
        return (red - other.0) * (red - other.0) + (green - other.1) * (green - other.1)
            + (blue - other.2) * (blue - other.2)
    }

    /// The 256 colours as xterm has them.
    private static func palette(_ index: Int) -> (Int, Int, Int) {
        if index < 16 {
            let level = index < 8 ? 205 : 255
            if index == 8 { return (127, 127, 127) }
            if index == 7 { return (229, 229, 229) }
            return (index & 1 != 0 ? level : 0, index & 2 != 0 ? level : 0, index & 4 != 0 ? level : 0)
        }
        if index >= 232 {
            let grey = 8 + (index - 232) * 10
            return (grey, grey, grey)
        }
        let cube = index - 16
        let levels = [cube / 36, cube / 6 % 6, cube % 6].map { $0 == 0 ? 0 : 55 + 40 * $0 }
        return (levels[0], levels[1], levels[2])
    }
}
