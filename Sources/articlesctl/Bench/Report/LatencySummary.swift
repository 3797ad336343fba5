import Core
import Histogram

/// A distribution of times in a few figures, in milliseconds.
struct LatencySummary {
    let count: UInt64
    let min: Double
    let mean: Double
    let max: Double
    /// By name: `p50`, …
    let percentiles: [(name: String, value: Double)]

    static let levels: [(name: String, percentile: Double)] = [
        ("p50", 50), ("p90", 90), ("p99", 99), ("p999", 99.9), ("p9999", 99.99),
    ]

    /// - Returns: `nil` if nothing was recorded.
    init?<Count>(_ histogram: Histogram<Count>) {
        guard histogram.totalCount > 0 else { return nil }
        count = histogram.totalCount
        min = Double(histogram.min) / 1e6
        mean = histogram.mean / 1e6
        max = Double(histogram.max) / 1e6
        percentiles = Self.levels.map { ($0.name, Double(histogram.valueAtPercentile($0.percentile)) / 1e6) }
    }

    /// One of the percentiles, `min`, `mean` or `max`.
    subscript(name: String) -> Double? {
        switch name {
        case "min": min
        case "mean": mean
        case "max": max
        default: percentiles.first { $0.name == name }?.value
        }
    }

    var json: JSONValue {
        .object(
            [JSONMember("n", .integer(Int64(clamping: count))), JSONMember("min", .rounded(min))]
                + percentiles.map { JSONMember($0.name, .rounded($0.value)) }
                + [JSONMember("max", .rounded(max)), JSONMember("mean", .rounded(mean))])
    }

    /// What stands where nothing was recorded: the same members, without values.
    static var emptyJSON: JSONValue {
        .object(
            [JSONMember("n", .integer(0)), JSONMember("min", .null)] + levels.map { JSONMember($0.name, .null) }
                + [JSONMember("max", .null), JSONMember("mean", .null)])
    }
}

extension JSONValue {
    /// A number with four digits behind the point.
    static func rounded(_ number: Double) -> JSONValue {
        number.isFinite ? .number((number * 10_000).rounded() / 10_000) : .null
    }
}
