import Core

/// What one subscriber was sent, article by article: which came, which came twice, which came late.
///
/// Its window of the newest numbers is memory of its owner's. A number that has left the window counts as reordered and new.
struct SubscriptionTally {
    private let window: UnsafeMutablePointer<UInt64>
    private let mask: UInt64
    private var highest: UInt64 = 0
    private(set) var unique = 0
    private(set) var duplicated = 0
    private(set) var reordered = 0
    /// Depends on the order of everything that came: equal for two subscribers who saw the same.
    private(set) var order: UInt64 = 0
    /// Of the newest cursor.
    private(set) var place: UInt64 = 0
    private(set) var nonce: UInt32 = 0

    /// - Parameters:
    ///   - window: of `size` bits, all zero.
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

    /// Counts an article.
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
                window.update(repeating: 0, count: Int(mask + 1) / 64)
            } else {
                var passed = highest + 1
                while passed <= seq {
                    window[Int((passed & mask) >> 6)] &= ~(1 << (passed & 63))
                    passed += 1
                }
            }
            highest = seq
        } else if highest - seq > mask {
            isLate = true
        } else if window[Int((seq & mask) >> 6)] & (1 << (seq & 63)) != 0 {
            duplicated += 1
            return false
        }
        if highest - seq <= mask { window[Int((seq & mask) >> 6)] |= 1 << (seq & 63) }
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
}
