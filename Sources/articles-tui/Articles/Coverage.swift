/// Which stretches of articles are known without holes, by their ids.
struct Coverage: Hashable, Sendable {
    /// In order, apart from each other.
    private(set) var ranges: [ClosedRange<Int64>] = []

    /// Whether everything between two articles is known.
    func covers(_ older: Int64, _ newer: Int64) -> Bool {
        ranges.contains { $0.lowerBound <= older && newer <= $0.upperBound }
    }

    /// Takes up a stretch; those that it touches become one with it.
    mutating func insert(_ range: ClosedRange<Int64>) {
        let (low, high) = ranges.filter { $0.overlaps(range) }.reduce((range.lowerBound, range.upperBound)) {
            (min($0.0, $1.lowerBound), max($0.1, $1.upperBound))
        }
        ranges.removeAll { $0.overlaps(range) }
        ranges.insert(low...high, at: ranges.firstIndex { $0.lowerBound > high } ?? ranges.count)
    }

    /// An article was published: nothing lies between it and those before.
    mutating func extend(to id: Int64) {
        guard let last = ranges.last else { return insert(id...id) }
        if id > last.upperBound { ranges[ranges.count - 1] = last.lowerBound...id }
    }

    /// What is older than this is no longer held.
    mutating func trim(below id: Int64) {
        ranges = ranges.compactMap { $0.upperBound < id ? nil : max($0.lowerBound, id)...$0.upperBound }
    }
}
