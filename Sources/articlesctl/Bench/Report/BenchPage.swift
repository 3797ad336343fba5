import Core
import Foundation
import Histogram

/// A report as one HTML file, which needs nothing besides itself.
struct BenchPage {
    private let report: BenchReport

    private static let bars = 48
    private static let listed = 50

    init(_ report: BenchReport) {
        self.report = report
    }

    var html: String {
        let plan = report.plan
        let rate =
            report.askedRate.map { "\(PlotAxis.plain($0))/s asked" } ?? "closed loop, \(plan.inFlight) in flight each"
        return """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width">
            <title>articlesctl bench, \(HTMLText.escaped(report.started.description))</title>
            <style>
            \(Self.style)
            </style>
            </head>
            <body>
            <h1>articlesctl bench</h1>
            <p>\(HTMLText.escaped(report.serverText)),
            \(HTMLText.escaped(report.started.description)). \(plan.subscribers) subscribers
            (\(report.transport.rawValue)), \(plan.publishers) publisher\(plan.publishers == 1 ? "" : "s"), \(rate),
            \(Milliseconds.text(Double(plan.duration) / 1e6)), \(plan.size) bytes.</p>
            \(warnings)
            \(tiles)
            \(latencyOverTime.html)
            \(distribution.html)
            \(deliveries.html)
            <h2>Times</h2>
            \(times)
            <h2>Subscribers</h2>
            \(subscribers)
            <p class="small">Latencies count from when an article was to be sent by its schedule. Expected is what the
            server acknowledged, for each subscriber; lost is what of that did not come; reordered is against the server's
            own order.</p>
            </body>
            </html>

            """
    }

    private var warnings: String {
        report.warnings.map { "<p class=\"warning\">\(HTMLText.escaped($0))</p>" }.joined(separator: "\n")
    }

    private var tiles: String {
        let figures: [(String, String, isBad: Bool)] = [
            ("achieved rate", "\(PlotAxis.plain(report.achievedRate))/s", false),
            ("p50", report.latency?["p50"].map(Milliseconds.text) ?? "–", false),
            ("p99", report.latency?["p99"].map(Milliseconds.text) ?? "–", false),
            ("max", report.latency?["max"].map(Milliseconds.text) ?? "–", false),
            ("expected", PlotAxis.plain(Double(report.expected)), false),
            ("received", PlotAxis.plain(Double(report.received)), false),
            ("lost", "\(report.lost)", report.lost > 0),
            ("duplicated", "\(report.duplicated)", report.duplicated > 0),
            ("reordered", report.reordered.map { "\($0)" } ?? "unknown", report.reordered ?? 0 > 0),
        ]
        return "<dl>\n"
            + figures.map {
                "<div\($0.isBad ? " class=\"bad\"" : "")><dt>\($0.0)</dt><dd>\(HTMLText.escaped($0.1))</dd></div>"
            }.joined(separator: "\n") + "\n</dl>"
    }

    // MARK: - Plots

    private var seconds: Double { Double(report.result.recorder.intervalLength) / 1e9 }

    private var timeAxis: PlotAxis {
        .time("seconds", upTo: Double(max(usedIntervals.count, 1)) * seconds)
    }

    /// Without the empty ones behind the end, and without the last of all, which has everything that came later.
    private var usedIntervals: ArraySlice<LoadRecorder.Interval> {
        let intervals = report.result.recorder.intervals.dropLast()
        let last = intervals.lastIndex { $0.deliveries > 0 || $0.acknowledged > 0 } ?? -1
        return intervals.prefix(last + 1)
    }

    private var latencyOverTime: Plot {
        let summaries = usedIntervals.map { LatencySummary($0.latency) }
        let all = summaries.compactMap { $0 }
        let (least, most) = (all.compactMap { $0["p50"] }.min() ?? 0.1, all.map(\.max).max() ?? 1)
        var plot = Plot(
            title: "Latency over time", across: timeAxis,
            up: .logarithmic("by intended send time", least...max(most, least), label: Milliseconds.text))
        for (name, style) in [("max", "third"), ("p99", "second"), ("p50", "first")] {
            plot.addLine(
                name, style: style,
                summaries.enumerated().map { index, summary in ((Double(index) + 0.5) * seconds, summary?[name]) })
        }
        return plot
    }

    private var distribution: Plot {
        let buckets = LatencyBuckets(report.result.recorder.latency, steps: Self.bars).buckets
        let (from, to) = (buckets.first?.from ?? 0.1, buckets.last?.to ?? 1)
        var plot = Plot(
            title: "Histogram of latencies",
            across: .logarithmic("latency", from...max(to, from), label: Milliseconds.text),
            up: .linear("deliveries", upTo: Double(buckets.map(\.count).max() ?? 1)))
        for bucket in buckets {
            plot.addBar(
                from: bucket.from, to: bucket.to, height: Double(bucket.count),
                tip: "\(Milliseconds.text(bucket.from)) to \(Milliseconds.text(bucket.to)): \(bucket.count)")
        }
        for name in ["p50", "p99"] {
            if let value = report.latency?[name] { plot.addMark(name, at: value) }
        }
        return plot
    }

    private var deliveries: Plot {
        let intervals = usedIntervals
        let expected = intervals.map { Double($0.acknowledged * report.plan.subscribers) / seconds }
        let came = intervals.map { Double($0.deliveries) / seconds }
        var plot = Plot(
            title: "Deliveries", across: timeAxis,
            up: .linear("a second", upTo: max(expected.max() ?? 1, came.max() ?? 1)))
        func points(_ values: [Double]) -> [(Double, Double?)] {
            values.enumerated().map { ((Double($0) + 0.5) * seconds, $1) }
        }
        plot.addLine("acknowledged × subscribers", style: "third", points(expected))
        plot.addLine("received", style: "first", points(came))
        return plot
    }

    // MARK: - Tables

    private static func row(_ cells: [String]) -> String {
        "<tr><th scope=\"row\">\(HTMLText.escaped(cells[0]))</th>"
            + cells.dropFirst().map { "<td>\(HTMLText.escaped($0))</td>" }.joined() + "</tr>"
    }

    private static func table(_ head: [String], _ rows: [[String]]) -> String {
        "<table><thead><tr>" + head.map { "<th scope=\"col\">\(HTMLText.escaped($0))</th>" }.joined()
            + "</tr></thead><tbody>\n" + rows.map(row).joined(separator: "\n") + "\n</tbody></table>"
    }

    private var times: String {
        let recorder = report.result.recorder
        let rows = [
            ("latency", recorder.latency), ("latency of those disturbed", recorder.disturbedLatency),
            ("answers to publishers", recorder.answer), ("sent late", recorder.lag), ("connecting", recorder.connect),
            ("back after a cut", recorder.recovery),
        ].compactMap { name, histogram in
            LatencySummary(histogram).map { summary in
                [name, "\(summary.count)"] + LatencySummary.levels.map { Milliseconds.text(summary[$0.name] ?? 0) }
                    + [Milliseconds.text(summary.max)]
            }
        }
        return Self.table(["", "n", "p50", "p90", "p99", "p99.9", "p99.99", "max"], rows)
    }

    private var subscribers: String {
        let result = report.result
        let troubled = result.subscribers.filter {
            $0.lost + $0.duplicated + (report.isOrderKnown ? $0.reordered : 0) + $0.disconnects > 0
        }
        let order =
            report.isOrderKnown ? "in order" : result.orders == 1 ? "in one order" : "in \(result.orders) orders"
        let all = "All \(result.subscribers.count) subscribers got each of \(result.acknowledged) articles, \(order)."
        guard !troubled.isEmpty else { return "<p>\(all)</p>" }
        let rows = troubled.prefix(Self.listed).map {
            ["\($0.number)", "\($0.expected)", "\($0.received)", "\($0.lost)", "\($0.duplicated)"]
                + [report.isOrderKnown ? "\($0.reordered)" : "unknown", "\($0.disconnects)", "\($0.resets)"]
        }
        let more = troubled.count > Self.listed ? "<p>And \(troubled.count - Self.listed) more.</p>" : ""
        return Self.table(
            ["subscriber", "expected", "received", "lost", "duplicated", "reordered", "disconnects", "resets"], rows)
            + more
    }

    private static let style = """
        :root { color-scheme: light dark; --text: #1b1f24; --dim: #59636e; --line: #d5dbe1; --first: #0a66c2;
          --second: #b35900; --third: #6e7781; --bad: #b3261e; --back: #fff; }
        @media (prefers-color-scheme: dark) { :root { --text: #e6edf3; --dim: #9aa5b1; --line: #333c46; --first: #6cb6ff;
          --second: #f0a35e; --third: #9aa5b1; --bad: #ff8a80; --back: #14181d; } }
        body { font: 15px/1.5 system-ui, sans-serif; max-width: 50rem; margin: 2rem auto; padding: 0 1rem;
          color: var(--text); background: var(--back); }
        h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
        dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(8.5rem, 1fr)); gap: .5rem; }
        dl div { border: 1px solid var(--line); border-radius: 6px; padding: .5rem .75rem; }
        dt, small, .small { color: var(--dim); font-size: .85rem; } dd { margin: 0; font-size: 1.2rem; font-weight: 600; }
        .bad dd { color: var(--bad); } .warning { border-left: 3px solid var(--bad); padding-left: .75rem; }
        figure { margin: 1.5rem 0; } figcaption { font-weight: 600; } figcaption small { margin: 0 1rem; font-weight: 400; }
        figcaption span { font-weight: 400; margin-right: 1rem; } figcaption span::before { content: "— "; }
        svg { width: 100%; height: auto; } svg text { font-size: 12px; fill: var(--dim); }
        .grid { stroke: var(--line); } .axis { stroke: var(--dim); } .bar { fill: var(--first); }
        .mark { stroke: var(--second); stroke-dasharray: 4 3; }
        polyline { fill: none; stroke-width: 1.6; } polyline.first { stroke: var(--first); }
        polyline.second { stroke: var(--second); } polyline.third { stroke: var(--third); }
        .dot.first { fill: var(--first); } .dot.second { fill: var(--second); } .dot.third { fill: var(--third); }
        span.first { color: var(--first); } span.second { color: var(--second); } span.third { color: var(--third); }
        table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; display: block;
          overflow-x: auto; }
        th, td { text-align: right; padding: .25rem .6rem; border-bottom: 1px solid var(--line); white-space: nowrap; }
        th:first-child { text-align: left; font-weight: 500; }
        """
}
