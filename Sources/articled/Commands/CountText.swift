/// A number of things for people: `1 article`, `2 articles`.
struct CountText: CustomStringConvertible {
    let description: String

    /// - Parameter noun: in the singular; its plural has an s.
    init(_ count: Int, _ noun: String) {
        description = "\(count) \(noun)\(count == 1 ? "" : "s")"
    }
}
