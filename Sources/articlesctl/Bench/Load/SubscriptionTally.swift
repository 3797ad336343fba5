import Core

/// What one subscriber was sent, article by article: which came, which came twice, which came late, which are missing.
///
/// A bit for each of the newest numbers is in a window, which is memory of its owner's. A number that leaves the window
/// without having come is noted, so that memory is taken only for what is missing, and an eighth of a byte for that.
struct SubscriptionTally {
    private let window: UnsafeMutablePointer<UInt64>
    private let mask: UInt64
    private var highest: UInt64 = 0
    /// Numbers that have left the window and have not come.
    private var missing = NumberSet()
    private(set) var unique = 0
    private(set) var duplicated = 0
    private(set) var reordered = 0
    /// Depends on the order of everything that came: equal for two subscribers who saw the same.
    private(set) var order: UInt64 = 0
    /// Of the newest cursor.
    private(set) var place: UInt64 = 0
    private(set) var nonce: UInt32 = 0

    /// - Parameters:
    ///   - window: of `size` bits, all of them one: what is before the first number is not missing.
    ///   - size: a power of two, at least 64.
    init(window: UnsafeMutablePointer<UInt64>, size: Int) {
        self.window = window
        mask = UInt64(size - 1)
    }

    /// Where to go on; `nil` before anything has come.
    var cursor: Core.Cursor? {
        nonce == 0 && place == 0 ? nil : Core.Cursor(seq: Int64(clamping: place), nonce: nonce)
    }

    /// Goes on behind a place that is no article's.
    mutating func move(to place: UInt64, nonce: UInt32) {
        guard place >= self.place || nonce != self.nonce else { return }
        self.place = place
        self.nonce = nonce
    }

    /// Counts an article, whose number is at least 1.
    ///
    /// The server's order is that of its cursors: publishers send beside each other, so that their own numbers may
    /// rightly come in another one.
    ///
    /// - Returns: whether it is new.
    @inline(__always)
    mutating func take(_ delivery: Marker.Delivery) -> Bool {
        let seq = delivery.seq
        let hasCursor = delivery.place != 0
        var isLate = !hasCursor && seq < highest
        if seq > highest {
            if seq - highest > mask {
                leap(to: seq)
            } else {
                var passed = highest + 1
                while passed <= seq {
                    let (word, bit) = (Int((passed & mask) >> 6), UInt64(1) << (passed & 63))
                    if window[word] & bit == 0 { missing.insert(passed - mask - 1) }
                    window[word] &= ~bit
                    passed += 1
                }
            }
            highest = seq
            window[Int((seq & mask) >> 6)] |= 1 << (seq & 63)
        } else if highest - seq > mask {
            guard missing.remove(seq) else {
                duplicated += 1
                return false
            }
            isLate = true
        } else {
            let (word, bit) = (Int((seq & mask) >> 6), UInt64(1) << (seq & 63))
            guard window[word] & bit == 0 else {
                duplicated += 1
                return false
            }
            window[word] |= bit
        }
        if hasCursor {
            if delivery.nonce == nonce, delivery.place <= place {
                isLate = true
            } else {
                place = delivery.place
                nonce = delivery.nonce
            }
        }
        if isLate { reordered += 1 }
        unique += 1
        order = (order ^ seq) &* 0x9E37_79B9_7F4A_7C15
        order ^= order >> 29
        return true
    }

    /// Leaves everything that is in the window behind, and what lies between it and the number.
    @inline(never)
    private mutating func leap(to seq: UInt64) {
        for number in (highest > mask ? highest - mask : 1)..<(highest + 1)
        where window[Int((number & mask) >> 6)] & (1 << (number & 63)) == 0 {
            missing.insert(number)
        }
        let oldest = seq - mask
        if highest + 1 < oldest { missing.insert((highest + 1)...(oldest - 1)) }
        window.update(repeating: 0, count: Int(mask + 1) / 64)
    }

    /// How many of these articles have not come.
    func lost(of articles: NumberSet) -> Int {
        var lost = missing.shared(with: articles)
        let oldest = highest > mask ? highest - mask : 1
        guard articles.last >= oldest else { return lost }
        for block in (oldest >> 6)...(articles.last >> 6) {
            var wanted = articles.word(block)
            if block == oldest >> 6 { wanted &= .max << (oldest & 63) }
            // Above the highest number the window's bits are those of older ones.
            let came =
                block << 6 > highest
                ? 0 : window[Int(block & (mask >> 6))] & (block == highest >> 6 ? .max >> (63 - highest & 63) : .max)
            lost += (wanted & ~came).nonzeroBitCount
        }
        return lost
    }
}
