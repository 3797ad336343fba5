import Foundation
import LoadSockets
import Synchronization

/// How far a load is: one line on standard error, on a terminal only.
struct BenchProgress {
    private let plan: LoadPlan
    private var line = ProgressLine()

    init(_ plan: LoadPlan) {
        self.plan = plan
    }

    mutating func update(_ state: LoadState) {
        let plan = plan
        line.update { Self.texts(state, plan) }
    }

    mutating func finish() { line.finish() }

    /// The longest first, for terminals of any width.
    private static func texts(_ state: LoadState, _ plan: LoadPlan) -> [String] {
        let start = state.start.load(ordering: .acquiring)
        guard start > 0 else {
            let ready = "\(state.ready.load(ordering: .relaxed)) of \(plan.subscribers)"
            return ["connecting: \(ready) subscribers", "connected: \(ready)", ready]
        }
        let now = load_now()
        let seconds = now > start ? Double(now - start) / 1e9 : 0
        let (acknowledged, delivered) = (
            state.acknowledged.load(ordering: .relaxed), state.delivered.load(ordering: .relaxed)
        )
        let left = Int(max(0, Double(plan.duration) / 1e9 - seconds).rounded(.up))
        let rate = seconds > 0 ? Int(Double(acknowledged) / seconds) : 0
        let isPublishing = !state.publishersAreDone.load(ordering: .acquiring)
        let what =
            !isPublishing
            ? "waiting for the last deliveries" : left > 0 ? "\(left) s left" : "waiting for the last answers"
        return [
            "\(acknowledged) articles, \(rate)/s, \(delivered) deliveries, \(what)",
            "\(acknowledged) articles, \(rate)/s, \(what)", what,
        ]
    }
}
