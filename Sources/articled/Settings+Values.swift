import ArgumentParser
import Logging
import NIOCore

/// A length of time on the command line: a bare number is seconds; `250ms`, `5s`, `2m`, `1h`, `30d`.
struct TimeSpan: ExpressibleByArgument, Hashable, Sendable {
    let amount: TimeAmount

    init(_ amount: TimeAmount) {
        self.amount = amount
    }

    init?(argument: String) {
        let units: [(String, Double)] = [
            ("ms", 1e6), ("s", 1e9), ("m", 60e9), ("h", 3600e9), ("d", 86_400e9), ("", 1e9),
        ]
        for (suffix, nanoseconds) in units where argument.hasSuffix(suffix) {
            guard let number = Double(argument.dropLast(suffix.count)), number >= 0, number * nanoseconds < 9e18 else {
                continue
            }
            amount = .nanoseconds(Int64(number * nanoseconds))
            return
        }
        return nil
    }

    var defaultValueDescription: String {
        let milliseconds = amount.nanoseconds / 1_000_000
        for (unit, size) in [("d", Int64(86_400_000)), ("h", 3_600_000)]
        where milliseconds >= size && milliseconds % size == 0 { return "\(milliseconds / size)\(unit)" }
        return milliseconds % 1000 == 0 ? "\(milliseconds / 1000)s" : "\(milliseconds)ms"
    }
}

/// A number of bytes: a bare number, or `64KiB`, `16MiB`, `1GiB`.
struct ByteCount: ExpressibleByArgument, Hashable, Sendable {
    let bytes: Int

    init(_ bytes: Int) {
        self.bytes = bytes
    }

    init?(argument: String) {
        guard let bytes = Int(argument) ?? Retention.bytes(argument[...]), bytes >= 0 else { return nil }
        self.bytes = bytes
    }

    var defaultValueDescription: String {
        bytes % (1024 * 1024) == 0 ? "\(bytes / 1024 / 1024)MiB" : "\(bytes)"
    }
}

/// How much is kept: `10000`, `16MiB`, `30d`, or several with commas between, one of each kind.
struct Retention: ExpressibleByArgument, Hashable, Sendable {
    var events: Int?
    var bytes: Int?
    var age: TimeAmount?

    init(events: Int? = nil, bytes: Int? = nil, age: TimeAmount? = nil) {
        self.events = events
        self.bytes = bytes
        self.age = age
    }

    init?(argument: String) {
        self.init()
        for part in argument.split(separator: ",", omittingEmptySubsequences: false) {
            if let number = Int(part), number > 0, events == nil {
                events = number
            } else if let size = Self.bytes(part), bytes == nil {
                bytes = size
            } else if part.last?.isLetter == true, let span = TimeSpan(argument: String(part)), span.amount > .zero,
                age == nil
            {
                age = span.amount
            } else {
                return nil
            }
        }
    }

    fileprivate static func bytes(_ text: Substring) -> Int? {
        for (suffix, factor) in [("KiB", 1024), ("MiB", 1024 * 1024), ("GiB", 1024 * 1024 * 1024)]
        where text.hasSuffix(suffix) {
            return Int(text.dropLast(3)).flatMap { $0 > 0 && $0 < 1 << 30 ? $0 * factor : nil }
        }
        return nil
    }

    var defaultValueDescription: String {
        let parts = [
            events.map(String.init), bytes.map { "\($0 / 1024 / 1024)MiB" },
            age.map { "\($0.nanoseconds / 86_400_000_000_000)d" },
        ]
        return parts.compactMap { $0 }.joined(separator: ",")
    }
}

extension AddressRange: ExpressibleByArgument {
    init?(argument: String) {
        self.init(argument)
    }
}

/// A level of the log, by its name.
struct LogLevel: ExpressibleByArgument, Hashable, Sendable {
    let level: Logger.Level

    init(_ level: Logger.Level) {
        self.level = level
    }

    init?(argument: String) {
        guard let level = Logger.Level(rawValue: argument) else { return nil }
        self.level = level
    }

    var defaultValueDescription: String { level.rawValue }
    static var allValueStrings: [String] { Logger.Level.allCases.map(\.rawValue) }
}
