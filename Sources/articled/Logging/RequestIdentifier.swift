import Synchronization

/// What a request is called in its answer, in problem documents and in the log (`X-Request-ID`).
///
/// A client's own is kept if it is sane. Ours are short enough to need no memory of their own: a mark of this run of the
/// daemon and a number.
enum RequestIdentifier {
    static let header = "X-Request-ID"
    private static let maxLength = 64

    private static let digits = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)
    private static let run = UInt64.random(in: 0..<1 << 35)
    private static let number = Atomic<UInt64>(0)

    /// - Parameter value: what the client calls it, if it does.
    static func of(_ value: String?) -> String {
        guard let value, isSane(value) else { return make() }
        return value
    }

    /// A new one: `k3f9a7q-0000001`; of ever the same length.
    static func make() -> String {
        let number = number.wrappingAdd(1, ordering: .relaxed).newValue
        return String(unsafeUninitializedCapacity: 15) { text in
            for place in 0..<7 {
                let shift = UInt64(6 - place) * 5
                text[place] = digits[Int(run >> shift & 31)]
                text[place + 8] = digits[Int(number >> shift & 31)]
            }
            text[7] = UInt8(ascii: "-")
            return 15
        }
    }

    /// Letters, digits and what is usual between them: nothing that means something to a log, a shell or a page.
    static func isSane(_ value: String) -> Bool {
        let bytes = value.utf8
        return (1...maxLength).contains(bytes.count)
            && bytes.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
                    UInt8(ascii: ":"), UInt8(ascii: "+"), UInt8(ascii: "="), UInt8(ascii: "@"):
                    true
                default: false
                }
            }
    }
}
