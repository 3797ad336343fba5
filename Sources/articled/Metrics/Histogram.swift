/// How often values were in which range. A value: whoever counts keeps one, and they are added up when somebody asks.
struct Histogram: Sendable, Hashable {
    /// The upper ends of the ranges, ascending; what is beyond the last is counted apart.
    let bounds: [Double]
    /// How many values were in each range, not those of lower ones too.
    private(set) var counts: [Int]
    private(set) var count = 0
    private(set) var sum = 0.0

    init(bounds: [Double]) {
        self.bounds = bounds
        counts = Array(repeating: 0, count: bounds.count)
    }

    mutating func observe(_ value: Double) {
        count += 1
        sum += value
        if let range = bounds.firstIndex(where: { value <= $0 }) { counts[range] += 1 }
    }

    /// - Parameter other: with the same bounds.
    static func += (left: inout Histogram, right: Histogram) {
        left.count += right.count
        left.sum += right.sum
        for index in left.counts.indices { left.counts[index] += right.counts[index] }
    }
}

extension Histogram {
    /// For times from a tenth of a millisecond to ten seconds, in seconds.
    static var seconds: Histogram {
        Histogram(bounds: [
            0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
        ])
    }

    mutating func observe(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        observe(Double(seconds) + Double(attoseconds) * 1e-18)
    }
}
