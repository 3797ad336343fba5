import Foundation
import Histogram

/// A distribution cut into steps of equal ratio, for pictures.
struct LatencyBuckets: Equatable {
    struct Bucket: Equatable {
        /// In milliseconds.
        let from: Double
        let to: Double
        let count: Int
    }

    let buckets: [Bucket]

    /// - Parameter steps: how many at most.
    init(_ histogram: Histogram<UInt64>, steps: Int) {
        let (lowest, highest) = (max(Double(histogram.min), 1000), Double(histogram.max))
        guard histogram.totalCount > 0 else {
            buckets = []
            return
        }
        // No finer than the histogram itself can tell.
        let ratio = max(pow(max(highest / lowest, 1), 1 / Double(steps)), 1.02)
        var counts = [Int](repeating: 0, count: steps + 1)
        for value in histogram.recordedValues() {
            let index = Int(log(max(Double(value.value), lowest) / lowest) / log(ratio))
            counts[min(max(index, 0), steps)] += Int(value.count)
        }
        let last = counts.lastIndex { $0 > 0 } ?? 0
        buckets = (0...last).map { index in
            Bucket(
                from: lowest * pow(ratio, Double(index)) / 1e6, to: lowest * pow(ratio, Double(index + 1)) / 1e6,
                count: counts[index])
        }
    }
}
