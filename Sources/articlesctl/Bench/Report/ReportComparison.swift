import Core

/// Two reports beside each other.
struct ReportComparison {
    struct Row: Equatable {
        let name: String
        let before: Double?
        let after: Double?

        /// How much more the second is, as a share of the first.
        var change: Double? {
            guard let before, let after, before != 0 else { return nil }
            return after / before - 1
        }
    }

    let rows: [Row]
    /// What was not the same about what was done: the member, and both its values.
    let differences: [(name: String, before: String, after: String)]

    private static let figures = [
        ["achieved_rate"], ["expected"], ["received"], ["lost"], ["duplicated"], ["reordered"], ["refused"],
        ["unanswered"], ["disconnects"], ["deliveries_per_s"], ["latency_ms", "p50"], ["latency_ms", "p90"],
        ["latency_ms", "p99"], ["latency_ms", "p999"], ["latency_ms", "p9999"], ["latency_ms", "max"],
        ["answer_ms", "p50"], ["answer_ms", "p99"], ["connects_per_s"], ["recovery_ms", "p99"],
        ["generator", "cpu_us_per_delivery"], ["server_usage", "cpu_us_per_delivery"],
        ["server_usage", "rss_bytes_per_subscriber"],
    ]
    private static let settings = [
        "server_version", "transport", "subscribers", "publishers", "inflight", "size", "duration_s", "asked_rate",
        "scenarios", "interrupted",
    ]

    init(_ before: JSONValue, _ after: JSONValue) {
        rows = Self.figures.compactMap { path in
            let row = Row(
                name: path.joined(separator: "."), before: Self.number(before, path), after: Self.number(after, path))
            return row.before == nil && row.after == nil ? nil : row
        }
        differences = Self.settings.compactMap { name in
            let (old, new) = (before[name] ?? .null, after[name] ?? .null)
            return old == new ? nil : (name, Self.text(old), Self.text(new))
        }
    }

    private static func text(_ value: JSONValue) -> String {
        value.stringValue ?? String(decoding: value.bytes, as: UTF8.self)
    }

    private static func number(_ report: JSONValue, _ path: [String]) -> Double? {
        var value: JSONValue? = report
        for name in path { value = value?[name] }
        switch value {
        case .integer(let number): return Double(number)
        case .number(let number): return number
        default: return nil
        }
    }

    var json: JSONValue {
        func number(_ value: Double?) -> JSONValue {
            guard let value else { return .null }
            return value == value.rounded() && abs(value) < 1e15 ? .integer(Int64(value)) : .rounded(value)
        }
        return .object([
            JSONMember(
                "figures",
                .object(
                    rows.map {
                        JSONMember(
                            $0.name,
                            .object([
                                JSONMember("before", number($0.before)), JSONMember("after", number($0.after)),
                                JSONMember("change", $0.change.map { .rounded($0) } ?? .null),
                            ]))
                    })),
            JSONMember(
                "differences",
                .object(
                    differences.map {
                        JSONMember(
                            $0.name,
                            .object([JSONMember("before", .string($0.before)), JSONMember("after", .string($0.after))]))
                    })),
        ])
    }
}
