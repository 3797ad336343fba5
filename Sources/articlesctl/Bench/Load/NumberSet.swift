/// A set of articles' numbers: a bit for each, in pages that are there only where a number is.
struct NumberSet: Sendable {
    private static let wordsInPage: UInt64 = 64

    private var pages: [UInt64: [UInt64]] = [:]
    private(set) var count = 0
    /// The greatest that was ever in it; 0 if there was none.
    private(set) var last: UInt64 = 0

    var isEmpty: Bool { count == 0 }

    // Seldom needed where articles are counted: out of the way there.
    @inline(never)
    mutating func insert(_ number: UInt64) {
        merge(1 << (number & 63), into: number >> 6)
        last = max(last, number)
    }

    mutating func insert(_ range: ClosedRange<UInt64>) {
        for block in (range.lowerBound >> 6)...(range.upperBound >> 6) {
            var bits = UInt64.max
            if block == range.lowerBound >> 6 { bits &= .max << (range.lowerBound & 63) }
            if block == range.upperBound >> 6 { bits &= .max >> (63 - range.upperBound & 63) }
            merge(bits, into: block)
        }
        last = max(last, range.upperBound)
    }

    /// - Returns: whether it was there.
    @inline(never)
    mutating func remove(_ number: UInt64) -> Bool {
        let (block, bit) = (number >> 6, UInt64(1) << (number & 63))
        guard word(block) & bit != 0 else { return false }
        pages[block / Self.wordsInPage]?[Int(block % Self.wordsInPage)] &= ~bit
        count -= 1
        return true
    }

    /// The bits of the numbers from `64 * block` on.
    func word(_ block: UInt64) -> UInt64 {
        pages[block / Self.wordsInPage]?[Int(block % Self.wordsInPage)] ?? 0
    }

    /// How many numbers are in both.
    func shared(with other: NumberSet) -> Int {
        guard !isEmpty, !other.isEmpty else { return 0 }
        return pages.reduce(0) { sum, page in
            guard let others = other.pages[page.key] else { return sum }
            return sum + zip(page.value, others).reduce(0) { $0 + ($1.0 & $1.1).nonzeroBitCount }
        }
    }

    private mutating func merge(_ bits: UInt64, into block: UInt64) {
        let place = Int(block % Self.wordsInPage)
        let empty = [UInt64](repeating: 0, count: Int(Self.wordsInPage))
        let before = word(block)
        pages[block / Self.wordsInPage, default: empty][place] |= bits
        count += (bits & ~before).nonzeroBitCount
    }
}
