import Core
import Foundation
import Histogram

/// What was measured, and of what.
struct BenchReport {
    let server: String
    /// The server's; `nil` if it is no articles server.
    let version: String?
    let topic: String?
    let transport: Transport
    let started: Timestamp
    let plan: LoadPlan
    let result: LoadResult

    /// Articles a second that the schedule has; `nil` in a closed loop.
    var askedRate: Double? {
        guard case .fixedRate(let rate) = plan.schedule else { return nil }
        return rate
    }

    /// Articles a second that were acknowledged.
    var achievedRate: Double {
        result.publishingSeconds > 0 ? Double(result.acknowledged) / result.publishingSeconds : 0
    }

    func sum(_ member: (LoadResult.Subscriber) -> Int) -> Int {
        result.subscribers.reduce(0) { $0 + member($1) }
    }

    var expected: Int { sum(\.expected) }
    var received: Int { sum(\.received) }
    var lost: Int { sum(\.lost) }
    var duplicated: Int { sum(\.duplicated) }
    var unpromised: Int { sum(\.unpromised) }
    /// `nil` where nobody can tell: without cursors, and with several articles under way at once.
    var reordered: Int? { isOrderKnown ? sum(\.reordered) : nil }
    var isOrderKnown: Bool { version != nil || plan.publishers * plan.inFlight == 1 }

    /// To subscribers that no scenario has disturbed.
    var latency: LatencySummary? { LatencySummary(result.recorder.latency) }

    /// The server, and which it is if that is known.
    var serverText: String { server + (version.map { ", articled \($0)" } ?? "") }

    /// What `--fail-if` can name: a figure and what it is measured in.
    enum Figure: Equatable {
        case milliseconds(Double)
        case number(Double)
    }

    /// - Returns: `nil` where nothing was measured.
    func figure(_ name: String) -> Figure? {
        switch name {
        case "lost": .number(Double(lost))
        case "duplicated": .number(Double(duplicated))
        case "reordered": reordered.map { .number(Double($0)) }
        case "unpromised": .number(Double(unpromised))
        case "expected": .number(Double(expected))
        case "received": .number(Double(received))
        case "refused": .number(Double(result.refused))
        case "unanswered": .number(Double(result.unresolved))
        case "disconnects": .number(Double(sum(\.disconnects)))
        case "resets": .number(Double(sum(\.resets)))
        case "achieved_rate": .number(achievedRate)
        default: latency?[name].map { .milliseconds($0) }
        }
    }

    /// Processors that this process may use, and how many of them it kept busy.
    private var processors: Int { ProcessInfo.processInfo.activeProcessorCount }
    var busyProcessors: Double { result.cpuPerDelivery * deliveriesPerSecond / 1e6 }

    private static func percent(_ share: Double) -> String { "\(Int((share * 100).rounded())) %" }

    /// What makes the figures doubtful.
    var warnings: [String] {
        var warnings: [String] = []
        if result.busiestThread > 0.9 || busyProcessors > 0.85 * Double(processors) {
            warnings.append(
                "The load was at its own limit (a thread busy \(Self.percent(result.busiestThread)), "
                    + "\(Milliseconds.fixed(busyProcessors, 2)) of \(processors) processors): latencies may be its own. "
                    + "Say --threads, or use another machine.")
        }
        if let lag = LatencySummary(result.recorder.lag)?["p99"], lag > 50 {
            warnings.append(
                "Articles were sent up to \(Milliseconds.text(lag)) late (p99), which counts as latency. "
                    + "Give publishers more --inflight if the server should be asked for more at once.")
        }
        if result.unresolved > 0 {
            warnings.append(
                "\(result.unresolved) articles have no answer: they may have come or not, and nobody is expected to "
                    + "have them. Longer is waited with --drain.")
        }
        if let problem = result.problem, failure == nil, result.refused + result.unresolved + sum(\.disconnects) > 0 {
            warnings.append("What went wrong first: \(problem).")
        }
        return warnings
    }

    /// Why this is no measurement, in lines; `nil` if it is one.
    var failure: [String]? {
        let problem = result.problem.map { ["What went wrong first: \($0)."] } ?? []
        guard result.acknowledged > 0 else {
            return [
                "No article was stored, as far as answers tell: of \(result.sent) that were sent "
                    + "\(result.refused) were refused and \(result.unresolved) not answered. "
                    + (received == 0 ? "Nobody got anything." : "Some came all the same.")
            ] + problem
        }
        guard received == 0 else { return nil }
        let hint =
            version == nil ? ["Look whether subscribers are sent the text as it is, with its BENCH: in front."] : []
        return ["No subscriber got any of \(result.acknowledged) articles that were stored."] + problem + hint
    }

    /// The distribution in the text form of HdrHistogram, in milliseconds.
    var hgrm: String {
        var text = ""
        result.recorder.latency.outputPercentileDistribution(to: &text, outputValueUnitScalingRatio: 1e6)
        return text
    }
}

/// Times for people.
enum Milliseconds {
    /// With three digits, and the unit that fits.
    static func text(_ milliseconds: Double) -> String {
        switch milliseconds {
        case ..<1: "\(digits(milliseconds * 1000)) µs"
        case ..<1000: "\(digits(milliseconds)) ms"
        default: "\(digits(milliseconds / 1000)) s"
        }
    }

    private static func digits(_ number: Double) -> String {
        let places = number >= 100 ? 0 : number >= 10 ? 1 : 2
        return fixed(number, places)
    }

    /// With so many digits behind the point.
    static func fixed(_ number: Double, _ places: Int) -> String {
        var scale = 1.0
        for _ in 0..<places { scale *= 10 }
        // A report that was read from a file may say anything.
        let scaled = Int64(min(max((number * scale).rounded(), -9e18), 9e18))
        guard places > 0 else { return String(scaled) }
        let fraction = String(abs(scaled) % Int64(scale))
        return "\(scaled < 0 && scaled > -Int64(scale) ? "-" : "")\(scaled / Int64(scale))."
            + String(repeating: "0", count: places - fraction.count) + fraction
    }
}
