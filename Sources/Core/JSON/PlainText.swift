/// Finds where text in UTF-8 stops being plain, eight bytes at a time.
enum PlainText {
    private static let lows: UInt64 = 0x0101_0101_0101_0101
    private static let highs: UInt64 = 0x8080_8080_8080_8080

    /// The first place from `start` on with a byte below 0x20, a quote, a backslash, or `other`; the end if there is none.
    static func end(in bytes: UnsafeBufferPointer<UInt8>, from start: Int, or other: UInt8) -> Int {
        var index = start
        let raw = UnsafeRawBufferPointer(bytes)
        while index + 8 <= bytes.count {
            let word = raw.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            // For each the highest bit of a byte that matches is set, of others before the first match none.
            let controls = (word &- lows &* 0x20) & ~word
            let special =
                controls | zeros(word ^ lows &* 0x22) | zeros(word ^ lows &* 0x5C) | zeros(word ^ lows &* UInt64(other))
            if special & highs != 0 { break }
            index += 8
        }
        while index < bytes.count {
            let byte = bytes[index]
            if byte < 0x20 || byte == 0x22 || byte == 0x5C || byte == other { break }
            index += 1
        }
        return index
    }

    private static func zeros(_ word: UInt64) -> UInt64 {
        (word &- lows) & ~word
    }
}
