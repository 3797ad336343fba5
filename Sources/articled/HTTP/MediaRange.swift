/// One element of an `Accept` header (RFC 9110 section 12.5.1).
struct MediaRange: Hashable, Sendable {
    /// In lower case, such as `text/event-stream` or `text/*`.
    let type: String
    /// 0 to 1; 0 means not at all.
    let quality: Double

    init(_ element: Substring) {
        let parts = element.split(separator: ";").map { $0.lowercased().filter { $0 != " " && $0 != "\t" } }
        type = parts.first ?? ""
        let weight = parts.dropFirst().first { $0.hasPrefix("q=") }?.dropFirst(2)
        quality = weight.map { Double($0).map { $0.isNaN ? 0 : min(max($0, 0), 1) } ?? 0 } ?? 1
    }

    /// How much a type is wanted: what the most specific range that covers it says.
    static func quality(of type: String, in ranges: [MediaRange]) -> Double {
        let family = type.prefix { $0 != "/" } + "/*"
        for candidate in [type, String(family), "*/*"] {
            if let range = ranges.first(where: { $0.type == candidate }) { return range.quality }
        }
        return 0
    }
}
