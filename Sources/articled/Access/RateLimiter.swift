import Core
import NIOCore
import Synchronization

/// So many a period for each key, evenly refilled: a token bucket (as of ITU-T I.371, leaky bucket).
final class RateLimiter<Key: Hashable & Sendable>: Sendable {
    private struct Bucket {
        var level: Double
        var filled: ContinuousClock.Instant
    }

    private let capacity: Double
    private let perSecond: Double
    private let buckets = Mutex<[Key: Bucket]>([:])
    /// Of so many keys at once the state is kept; full buckets are forgotten first.
    private static var maxKeys: Int { 100_000 }

    /// - Parameters:
    ///   - count: how many may come at once, and in a period.
    ///   - period: in seconds.
    init(_ count: Int, each period: Double) {
        capacity = Double(count)
        perSecond = Double(count) / period
    }

    /// Takes one for a key.
    ///
    /// - Returns: `nil` if there was one; else the seconds until there will be, at least 1.
    func take(_ key: Key, at now: ContinuousClock.Instant = .now) -> Int? {
        buckets.withLock { buckets in
            if buckets.count >= Self.maxKeys, buckets[key] == nil { forget(&buckets, now) }
            let level = level(buckets[key], now)
            guard level >= 1 else { return max(1, Int(((1 - level) / perSecond).rounded(.up))) }
            buckets[key] = Bucket(level: level - 1, filled: now)
            return nil
        }
    }

    /// Gives back what was taken.
    func giveBack(_ key: Key, at now: ContinuousClock.Instant = .now) {
        buckets.withLock { buckets in
            guard let bucket = buckets[key] else { return }
            let level = min(capacity, level(bucket, now) + 1)
            buckets[key] = level >= capacity ? nil : Bucket(level: level, filled: now)
        }
    }

    /// How many keys have a state.
    var keyCount: Int { buckets.withLock { $0.count } }

    private func level(_ bucket: Bucket?, _ now: ContinuousClock.Instant) -> Double {
        guard let bucket else { return capacity }
        return min(capacity, bucket.level + (now - bucket.filled) / .seconds(1) * perSecond)
    }

    private func forget(_ buckets: inout [Key: Bucket], _ now: ContinuousClock.Instant) {
        buckets = buckets.filter { level($0.value, now) < capacity }
        // Rather than to let everybody in, or nobody, those who have waited longest are let off.
        if buckets.count >= Self.maxKeys {
            let oldest = buckets.sorted { $0.value.filled < $1.value.filled }.prefix(Self.maxKeys / 10)
            for (key, _) in oldest { buckets[key] = nil }
        }
    }
}
