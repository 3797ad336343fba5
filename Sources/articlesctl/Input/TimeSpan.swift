import ArgumentParser

/// A length of time on the command line: a bare number is seconds; `250ms`, `5s`, `2m`, `1h`.
struct TimeSpan: ExpressibleByArgument, Hashable, Sendable {
    let nanoseconds: UInt64

    static func seconds(_ seconds: UInt64) -> TimeSpan { TimeSpan(nanoseconds: seconds * 1_000_000_000) }

    init(nanoseconds: UInt64) {
        self.nanoseconds = nanoseconds
    }

    init?(argument: String) {
        let units: [(String, Double)] = [
            ("us", 1e3), ("µs", 1e3), ("ms", 1e6), ("s", 1e9), ("m", 60e9), ("h", 3600e9), ("", 1e9),
        ]
        for (suffix, size) in units where argument.hasSuffix(suffix) {
            guard let number = Double(argument.dropLast(suffix.count)), number >= 0, number * size < 1e18 else {
                continue
            }
            nanoseconds = UInt64(number * size)
            return
        }
        return nil
    }

    var defaultValueDescription: String { "\(nanoseconds / 1_000_000_000)s" }
}
