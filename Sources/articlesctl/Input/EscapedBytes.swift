import ArgumentParser

/// Bytes on the command line, which can't hold all of them: with `\r`, `\n`, `\t`, `\0`, `\\` and `\x1F`.
struct EscapedBytes: ExpressibleByArgument, Equatable, Sendable {
    let bytes: [UInt8]

    private static let letters: [UInt8: UInt8] = [
        UInt8(ascii: "r"): 13, UInt8(ascii: "n"): 10, UInt8(ascii: "t"): 9, UInt8(ascii: "0"): 0,
        UInt8(ascii: "\\"): UInt8(ascii: "\\"),
    ]

    /// - Returns: `nil` if a backslash stands before anything else.
    init?(argument: String) {
        var bytes: [UInt8] = []
        var rest = Array(argument.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\") else {
                bytes.append(byte)
                continue
            }
            guard let letter = rest.popFirst() else { return nil }
            if letter == UInt8(ascii: "x") {
                let digits = rest.prefix(2)
                guard digits.count == 2, let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16),
                    digits.first != UInt8(ascii: "+")
                else { return nil }
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                guard let value = Self.letters[letter] else { return nil }
                bytes.append(value)
            }
        }
        self.bytes = bytes
    }
}
