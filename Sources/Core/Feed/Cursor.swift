/// A place in the feed: the event after which a subscriber goes on. Opaque to clients.
///
/// Written `<seq>-<nonce>`, such as `42-9c1e7a3b`.
public struct Cursor: Hashable, Sendable {
    /// The event's number; grows by one with every event of the feed's life.
    public let seq: Int64
    /// Tells the writer history (the term) that the event belongs to.
    public let nonce: UInt32

    public init(seq: Int64, nonce: UInt32) {
        self.seq = seq
        self.nonce = nonce
    }

    /// Before the first event: always valid, "from the beginning".
    public static let beginning = Cursor(seq: 0, nonce: 0)
}

extension Cursor: CustomStringConvertible, LosslessStringConvertible {
    public var description: String {
        String(seq)
            + String(unsafeUninitializedCapacity: 9) { text in
                text[0] = UInt8(ascii: "-")
                for position in 1...8 {
                    let digit = UInt8(nonce >> (32 - 4 * UInt32(position)) & 15)
                    text[position] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
                }
                return 9
            }
    }

    /// Reads `<digits>-<8 lower-case hex>`; `nil` for anything else, a leading zero included.
    public init?(_ description: String) {
        let parts = description.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, parts[1].count == 8,
            parts[0].allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            parts[0].count == 1 || parts[0].first != UInt8(ascii: "0"),
            parts[1].allSatisfy({
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                    || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
            }),
            let seq = Int64(Substring(parts[0])), let nonce = UInt32(Substring(parts[1]), radix: 16)
        else { return nil }
        self.init(seq: seq, nonce: nonce)
    }
}
