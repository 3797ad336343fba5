import Foundation
import LoadSockets
import Synchronization

/// One load, from the first dial to the last figure.
struct LoadRun {
    let plan: LoadPlan
    let target: LoadTarget
    /// Whether somebody wants it to end early.
    let isInterrupted: @Sendable () -> Bool

    /// Why there is nothing to report.
    struct NotConnected: Error {
        let ready: Int
        let problem: String
    }

    /// The run is cut into so many slices at most, none shorter than this (nanoseconds).
    private static let slices: UInt64 = 120
    private static let shortestSlice: UInt64 = 100_000_000
    private static let pollEvery = Duration.milliseconds(20)

    /// - Parameter progress: called a few times a second, with what is known.
    /// - Throws: ``NotConnected``, `CancellationError`.
    func perform(_ progress: (LoadState) -> Void) async throws -> LoadResult {
        let state = LoadState()
        let length = max(plan.duration / Self.slices, Self.shortestSlice)
        let recorder = LoadRecorder(intervals: Int((plan.duration + length - 1) / length) + 1, intervalLength: length)
        let loops = (0..<plan.threads).map {
            SubscriberLoop(index: $0, plan: plan, target: target, state: state, recorder: recorder)
        }
        let publisher = PublisherLoop(plan: plan, target: target, state: state, recorder: recorder)
        var usage = ServerUsage(plan.serverProcesses)
        let began = load_now()
        for loop in loops { Thread.detachNewThread { loop.run() } }
        Thread.detachNewThread { publisher.run() }
        func end() async throws {
            state.phase = .ended
            while state.threadsAtEnd.load(ordering: .acquiring) < loops.count + 1 {
                try await Task.sleep(for: Self.pollEvery)
            }
        }
        do {
            try await connect(state, began, progress)
        } catch {
            try await end()
            throw error
        }
        let connectingTime = load_now() - began
        try await Task.sleep(for: .nanoseconds(Int64(plan.settle)))
        usage?.begin()

        let start = load_now() + 10_000_000
        let cpu = load_process_cpu()
        state.start.store(start, ordering: .releasing)
        state.phase = .publishing
        func look() {
            usage?.look(deliveries: state.delivered.load(ordering: .relaxed))
            progress(state)
        }
        while !state.publishersAreDone.load(ordering: .acquiring), !isInterrupted() {
            look()
            try await Task.sleep(for: Self.pollEvery)
        }
        let wasInterrupted = isInterrupted()
        state.phase = .draining
        while !state.publishersAreDone.load(ordering: .acquiring) { try await Task.sleep(for: Self.pollEvery) }
        try await drain(state, wasInterrupted, look)
        look()
        let usedCPU = load_process_cpu() - cpu
        try await end()
        return result(
            state, loops, publisher, connectingTime: connectingTime, cpu: usedCPU, usage: usage,
            wasInterrupted: wasInterrupted)
    }

    private func connect(_ state: LoadState, _ began: UInt64, _ progress: (LoadState) -> Void) async throws {
        while true {
            let ready = state.ready.load(ordering: .acquiring)
            if ready == plan.subscribers, state.publishersAreReady.load(ordering: .acquiring) { return }
            let isTooLate = load_now() - began > plan.connectTimeout
            guard !isTooLate, state.failed.load(ordering: .acquiring) == 0, !isInterrupted() else {
                let problem = state.firstProblem ?? (isInterrupted() ? "interrupted" : "the server is too slow")
                throw NotConnected(ready: ready, problem: problem)
            }
            progress(state)
            try await Task.sleep(for: Self.pollEvery)
        }
    }

    /// Waits until everybody has everything, or nothing has come for a while.
    private func drain(_ state: LoadState, _ wasInterrupted: Bool, _ progress: () -> Void) async throws {
        var (seen, since) = (0, load_now())
        let longest = wasInterrupted ? min(plan.drain, 1_000_000_000) : plan.drain
        // Who reads nothing for now gets the rest when the pause is over.
        let start = state.start.load(ordering: .acquiring)
        let pausesEnd = plan.slow.map { start + $0.after + $0.length } ?? 0
        while state.complete.load(ordering: .acquiring) < plan.threads {
            let (now, delivered) = (load_now(), state.delivered.load(ordering: .relaxed))
            if delivered != seen { (seen, since) = (delivered, now) }
            if now > max(since, wasInterrupted ? 0 : pausesEnd) + longest { return }
            if let most = plan.maxTime, now > start + most { return }
            progress()
            try await Task.sleep(for: Self.pollEvery)
        }
    }

    private func result(
        _ state: LoadState, _ loops: [SubscriberLoop], _ publisher: PublisherLoop, connectingTime: UInt64, cpu: UInt64,
        usage: ServerUsage?, wasInterrupted: Bool
    ) -> LoadResult {
        let start = state.start.load(ordering: .acquiring)
        let stored = state.storedArticles
        var recorder = publisher.recorder
        for loop in loops { recorder.add(loop.recorder.pointee) }
        let subscribers = loops.flatMap { loop in
            (0..<loop.count).map { place -> LoadResult.Subscriber in
                let subscriber = loop.subscribers[place]
                return LoadResult.Subscriber(
                    number: subscriber.number + 1, expected: stored.count, received: subscriber.tally.unique,
                    lost: subscriber.tally.lost(of: stored),
                    duplicated: subscriber.tally.duplicated, reordered: subscriber.tally.reordered,
                    disconnects: subscriber.disconnects, resets: subscriber.resets, closeCode: subscriber.closeCode,
                    wasDisturbed: subscriber.isDisturbed, order: subscriber.tally.order)
            }
        }.sorted { $0.number < $1.number }
        let last = state.lastDelivery.load(ordering: .relaxed)
        let delivering = last > start ? Double(last - start) / 1e9 : 0
        let deliveries = subscribers.reduce(0) { $0 + $1.received + $1.duplicated }
        let elapsed = max(delivering, Double(publisher.length) / 1e9)
        return LoadResult(
            subscribers: subscribers, sent: state.sent.load(ordering: .relaxed), acknowledged: stored.count,
            refused: state.refused.load(ordering: .relaxed), unresolved: state.unresolved.load(ordering: .relaxed),
            problem: state.firstProblem, recorder: recorder, publishingSeconds: Double(publisher.length) / 1e9,
            deliveringSeconds: delivering, connectingSeconds: Double(connectingTime) / 1e9,
            cpuPerDelivery: deliveries > 0 ? Double(cpu) / 1000 / Double(deliveries) : 0,
            busiestThread: elapsed > 0 ? Double(loops.map(\.cpu).max() ?? 0) / 1e9 / elapsed : 0,
            server: usage, wasInterrupted: wasInterrupted)
    }
}
