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
        line.update { Self.text(state, plan) }
    }

    mutating func finish() { line.finish() }

    private static func text(_ state: LoadState, _ plan: LoadPlan) -> String {
        let start = state.start.load(ordering: .acquiring)
        guard start > 0 else {
            return "connecting: \(state.ready.load(ordering: .relaxed)) of \(plan.subscribers) subscribers"
        }
        let now = load_now()
        let seconds = now > start ? Double(now - start) / 1e9 : 0
        let (acknowledged, delivered) = (
            state.acknowledged.load(ordering: .relaxed), state.delivered.load(ordering: .relaxed)
        )
        let left = max(0, Double(plan.duration) / 1e9 - seconds)
        let rate = seconds > 0 ? Double(acknowledged) / seconds : 0
        let what = state.phase == .publishing ? "\(Int(left.rounded(.up))) s left" : "waiting for the last deliveries"
        return "\(acknowledged) articles, \(Int(rate))/s, \(delivered) deliveries, \(what)"
    }
}
