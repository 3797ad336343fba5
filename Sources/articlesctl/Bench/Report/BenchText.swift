import ArticlesClient
import Foundation
import Histogram

/// A report for a terminal.
struct BenchText {
    private let report: BenchReport
    private let block: String
    /// Of the terminal; `nil` if lines may have any length.
    private let columns: Int?

    private static let barWidth = 8...40
    /// What a line of the histogram has besides its bar: all of it, and without the count.
    private static let besideBar = (wide: 41, narrow: 29)
    private static let indentation = 13
    private static let rows = 18
    private static let listed = 10

    init(
        _ report: BenchReport, environment: [String: String] = ProcessInfo.processInfo.environment, columns: Int? = nil
    ) {
        self.report = report
        self.columns = columns
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].compactMap { environment[$0] }.first { !$0.isEmpty } ?? ""
        block = locale.lowercased().contains("utf") ? "█" : "#"
    }

    var text: String {
        ([folded(heading, by: 2), ""] + figures + scenarios + ["", "latency from the intended send time"] + histogram
            + troubled)
            .joined(separator: "\n")
    }

    private var heading: String {
        let plan = report.plan
        return "\(TerminalText.line(report.serverText)): \(report.transport.rawValue), "
            + "\(plan.subscribers) subscribers, \(plan.publishers) publisher\(plan.publishers == 1 ? "" : "s"), "
            + "\(plan.size) bytes"
            + (report.result.wasInterrupted ? ", interrupted" : "")
    }

    private func line(_ name: String, _ text: String) -> String {
        folded(name + String(repeating: " ", count: max(1, Self.indentation - name.count)) + text, by: Self.indentation)
    }

    /// A text in lines that the terminal has room for, broken behind commas.
    private func folded(_ text: String, by indentation: Int) -> String {
        guard let columns, text.count > columns else { return text }
        var lines = [""]
        for part in text.split(separator: ", ", omittingEmptySubsequences: false) {
            let last = lines[lines.count - 1]
            if last.isEmpty {
                lines[lines.count - 1] = String(part)
            } else if last.count + part.count + 3 <= columns {
                lines[lines.count - 1] += ", " + part
            } else {
                lines[lines.count - 1] += ","
                lines.append(String(repeating: " ", count: min(indentation, columns / 4)) + part)
            }
        }
        return lines.joined(separator: "\n")
    }

    private var figures: [String] {
        let result = report.result
        var lines = [
            line(
                "rate",
                (report.askedRate.map { "asked \(Milliseconds.fixed($0, 1))/s, achieved " } ?? "closed loop, ")
                    + "\(Milliseconds.fixed(report.achievedRate, 1))/s"),
            line(
                "articles",
                "\(result.sent) sent, \(result.acknowledged) acknowledged, \(result.refused) refused, "
                    + "\(result.unresolved) unanswered"),
            line(
                "deliveries",
                "\(report.expected) expected, \(report.received) received, \(report.lost) lost, "
                    + "\(report.duplicated) duplicated, \(order)"),
            line("each one", each),
            line("latency", summary(report.latency)),
            line("answers", summary(LatencySummary(result.recorder.answer))),
        ]
        if report.unpromised > 0 {
            lines.insert(
                line("", "of them \(report.unpromised) that were not acknowledged to their publishers"),
                at: lines.count - 2)
        }
        if report.askedRate != nil { lines.append(line("sent late", summary(LatencySummary(result.recorder.lag)))) }
        lines.append(
            line(
                "connecting",
                "\(report.plan.subscribers) in \(Milliseconds.text(result.connectingSeconds * 1000)), "
                    + summary(LatencySummary(result.recorder.connect))))
        lines.append(
            line(
                "this load",
                "\(Milliseconds.fixed(result.cpuPerDelivery, 2)) µs CPU a delivery, busiest thread "
                    + "\(Int((result.busiestThread * 100).rounded())) % busy"))
        if let server = report.result.server {
            let memory = server.memory
            lines.append(
                line(
                    "its server",
                    "\(Milliseconds.fixed(report.result.serverCPUPerDelivery ?? 0, 2)) µs CPU a delivery, "
                        + "\(Self.mebibytes(memory.before)) MiB before, \(Self.mebibytes(memory.peak)) at most, "
                        + "\(Milliseconds.fixed(report.bytesPerSubscriber(memory) / 1024, 2)) KiB a subscriber"))
        }
        return lines
    }

    private static func mebibytes(_ bytes: Int64) -> String { Milliseconds.fixed(Double(bytes) / 1_048_576, 1) }

    private var order: String {
        let orders = report.result.orders
        return report.reordered.map { "\($0) reordered" } ?? "\(orders) order\(orders == 1 ? "" : "s")"
    }

    /// What one subscriber got, from the one with least to the one with most.
    private var each: String {
        func range(_ member: (LoadResult.Subscriber) -> Int) -> String {
            let values = report.result.subscribers.map(member)
            let (least, most) = (values.min() ?? 0, values.max() ?? 0)
            return least == most ? "\(least)" : "\(least)–\(most)"
        }
        return "\(range(\.expected)) expected, \(range(\.received)) received, \(range(\.lost)) lost, "
            + "\(range(\.duplicated)) duplicated"
            + (report.isOrderKnown ? ", \(range(\.reordered)) reordered" : "")
    }

    private func summary(_ summary: LatencySummary?) -> String {
        guard let summary else { return "nothing" }
        let names = ["p50": "p50", "p90": "p90", "p99": "p99", "p999": "p99.9", "p9999": "p99.99"]
        return
            (summary.percentiles.map { "\(names[$0.name] ?? $0.name) \(Milliseconds.text($0.value))" }
            + ["max \(Milliseconds.text(summary.max))"]).joined(separator: ", ")
    }

    private var scenarios: [String] {
        var lines: [String] = []
        if let slow = report.plan.slow {
            lines.append(
                line(
                    "slow", "\(slow.count) read nothing for \(Milliseconds.text(Double(slow.length) / 1e6))"))
        }
        if let storm = report.plan.storm {
            lines.append(
                line(
                    "storm",
                    "\(storm.count) cut off at once, back \(summary(LatencySummary(report.result.recorder.recovery)))"))
        }
        if !lines.isEmpty {
            lines.append(line("their latency", summary(LatencySummary(report.result.recorder.disturbedLatency))))
        }
        return lines
    }

    private var histogram: [String] {
        let buckets = LatencyBuckets(report.result.recorder.latency, steps: Self.rows).buckets
        let (most, total) = (buckets.map(\.count).max() ?? 0, buckets.reduce(0) { $0 + $1.count })
        let isNarrow = columns.map { $0 < Self.besideBar.wide + Self.barWidth.lowerBound } ?? false
        let room = columns.map { $0 - (isNarrow ? Self.besideBar.narrow : Self.besideBar.wide) }
        let width = min(max(room ?? Self.barWidth.upperBound, Self.barWidth.lowerBound), Self.barWidth.upperBound)
        func left(_ text: String, _ width: Int) -> String {
            String(repeating: " ", count: max(0, width - text.count)) + text
        }
        return buckets.map { bucket in
            let length = bucket.count == 0 ? 0 : max(1, bucket.count * width / max(most, 1))
            let bar = String(repeating: block, count: length) + String(repeating: " ", count: width - length)
            return "  up to \(left(Milliseconds.text(bucket.to), 8))  \(bar)"
                + (isNarrow ? "" : "  \(left(String(bucket.count), 10))")
                + left(Milliseconds.fixed(Double(bucket.count) * 100 / Double(max(total, 1)), 2), 8) + " %"
        }
    }

    /// The subscribers that did not get everything once and in order.
    private var troubled: [String] {
        let troubled = report.result.subscribers.filter {
            $0.lost + $0.duplicated + (report.isOrderKnown ? $0.reordered : 0) + $0.resets > 0
                || ($0.disconnects > 0 && !$0.wasDisturbed)
        }
        guard !troubled.isEmpty else { return [] }
        return ["", "subscribers to look at"]
            + troubled.prefix(Self.listed).map {
                folded(
                    "  \($0.number): \($0.expected) expected, \($0.received) received, \($0.lost) lost, "
                        + "\($0.duplicated) duplicated, "
                        + (report.isOrderKnown ? "\($0.reordered) reordered, " : "") + "\($0.disconnects) disconnects, "
                        + "\($0.resets) resets" + ($0.closeCode > 0 ? ", closed with \($0.closeCode)" : ""), by: 4)
            } + (troubled.count > Self.listed ? ["  and \(troubled.count - Self.listed) more; see --json"] : [])
    }
}
