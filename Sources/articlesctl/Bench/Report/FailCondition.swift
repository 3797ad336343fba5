/// One condition of `--fail-if`, such as `p99>50ms`.
struct FailCondition: Equatable, Sendable {
    enum Relation: String, CaseIterable {
        // The longer first, so that ">" does not hide ">=".
        case atLeast = ">="
        case atMost = "<="
        case different = "!="
        case above = ">"
        case below = "<"
        case equal = "="

        func holds(_ left: Double, _ right: Double) -> Bool {
            switch self {
            case .atLeast: left >= right
            case .atMost: left <= right
            case .different: left != right
            case .above: left > right
            case .below: left < right
            case .equal: left == right
            }
        }
    }

    struct Malformed: Error, Equatable {
        let reason: String
    }

    let figure: String
    let relation: Relation
    /// In milliseconds for times.
    let limit: Double
    let text: String

    private static let times = ["p50", "p90", "p99", "p999", "p9999", "max", "mean", "min"]
    private static let numbers = [
        "lost", "duplicated", "reordered", "expected", "received", "unpromised", "refused", "unanswered", "disconnects",
        "resets", "achieved_rate",
    ]
    private static let otherNames = ["p99.9": "p999", "p99.99": "p9999", "rate": "achieved_rate", "errors": "refused"]

    /// Reads conditions with commas between.
    static func parse(_ text: String) throws -> [FailCondition] {
        try text.split(separator: ",", omittingEmptySubsequences: false).map { try FailCondition(String($0)) }
    }

    private init(_ text: String) throws(Malformed) {
        let text = text.filter { $0 != " " }
        guard
            let (relation, range) = Relation.allCases.compactMap({ relation in
                text.firstRange(of: relation.rawValue).map { (relation, $0) }
            }).min(by: { $0.1.lowerBound < $1.1.lowerBound })
        else {
            throw Malformed(reason: "\"\(text)\" is no condition such as p99>50ms or lost>0")
        }
        let name = String(text[..<range.lowerBound])
        let value = String(text[range.upperBound...]).drop { $0 == "=" && relation == .equal }
        figure = Self.otherNames[name] ?? name
        self.relation = relation
        self.text = text
        if Self.times.contains(figure) {
            guard let time = TimeSpan(argument: String(value)) else {
                throw Malformed(reason: "\"\(value)\" is no time such as 50ms or 2s")
            }
            limit = Double(time.nanoseconds) / 1e6
        } else if Self.numbers.contains(figure) {
            guard let number = Double(value), number.isFinite else {
                throw Malformed(reason: "\"\(value)\" is no number")
            }
            limit = number
        } else {
            throw Malformed(
                reason: "\"\(name)\" is unknown; known are \((Self.times + Self.numbers).joined(separator: ", "))")
        }
    }

    /// What is wrong with a report; `nil` if the condition does not hold.
    func problem(_ report: BenchReport) -> String? {
        switch report.figure(figure) {
        case .milliseconds(let value):
            relation.holds(value, limit) ? "\(figure) is \(Milliseconds.text(value)): \(text)" : nil
        case .number(let value):
            relation.holds(value, limit) ? "\(figure) is \(Self.plain(value)): \(text)" : nil
        // Who asks for a latency and gets none has not been told that all is well.
        case nil: "\(figure) was not measured: \(text)"
        }
    }

    private static func plain(_ value: Double) -> String {
        value == value.rounded() ? String(Int64(value)) : Milliseconds.fixed(value, 2)
    }
}
