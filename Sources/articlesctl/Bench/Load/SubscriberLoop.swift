import Core
import Foundation
import LoadSockets
import Synchronization

/// A share of a load's subscribers, on one thread: one `epoll`, one `recv` for each readiness into one buffer, and no memory
/// taken for what comes. A generator of load must cost less than what it measures.
final class SubscriberLoop: @unchecked Sendable {
    // Touched by its own thread from `run` until its end, and by nobody else meanwhile.

    let plan: LoadPlan
    let target: LoadTarget
    let state: LoadState
    let count: Int
    let subscribers: UnsafeMutablePointer<LoadSubscriber>
    /// By pointer, as the subscribers: the compiler need not watch over who else might be using it.
    let recorder: UnsafeMutablePointer<LoadRecorder>
    private let windows: UnsafeMutablePointer<UInt64>
    let epoll: Int32
    let buffer: UnsafeMutablePointer<UInt8>
    let firstRequest: [UInt8]
    /// Whether events have cursors, and control objects stand between them.
    let hasCursors: Bool
    private(set) var cpu: UInt64 = 0

    static let receiveBytes = 256 * 1024
    private static let eventsAtOnce = 1024
    /// Between two looks at what is not driven by events, in nanoseconds.
    private static let tick: UInt64 = 20_000_000

    var connecting = 0
    var nextToDial = 0
    var deliveries = 0
    var start: UInt64 = 0
    /// What everybody should have; `nil` before that is known.
    private var stored: NumberSet?
    private var stormAt: UInt64?
    private var slowState = 0

    /// - Parameters:
    ///   - index: which of the plan's threads this is.
    ///   - recorder: empty.
    init(index: Int, plan: LoadPlan, target: LoadTarget, state: LoadState, recorder: LoadRecorder) {
        self.plan = plan
        self.target = target
        self.state = state
        let numbers = stride(from: index, to: plan.subscribers, by: plan.threads)
        count = Array(numbers).count
        subscribers = .allocate(capacity: max(count, 1))
        let words = plan.window / 64
        windows = .allocate(capacity: max(count * words, 1))
        windows.initialize(repeating: .max, count: max(count * words, 1))
        for (place, number) in numbers.enumerated() {
            (subscribers + place).initialize(
                to: LoadSubscriber(
                    number: number, tally: SubscriptionTally(window: windows + place * words, size: plan.window),
                    isSlow: plan.slow.map { plan.isChosen(number, of: $0.count) } ?? false,
                    isInStorm: plan.storm.map { plan.isChosen(number, of: $0.count) } ?? false))
        }
        self.recorder = .allocate(capacity: 1)
        self.recorder.initialize(to: recorder)
        epoll = load_epoll()
        buffer = .allocate(capacity: Self.receiveBytes + WebSocketReader.maxFrameBytes + 16)
        hasCursors = target.feed.dialect == .articles
        firstRequest = target.feed.bytes()
    }

    deinit {
        for place in 0..<count { subscribers[place].forget() }
        subscribers.deinitialize(count: count).deallocate()
        recorder.deinitialize(count: 1).deallocate()
        windows.deallocate()
        buffer.deallocate()
        close(epoll)
    }

    func run() {
        var events = [epoll_event](repeating: epoll_event(), count: Self.eventsAtOnce)
        let began = load_now()
        var lastTick = began
        var cpuAtStart: UInt64 = 0
        var isComplete = false
        while state.phase != .ended {
            let mayDialMore = dialFirst(began)
            let wait: Int64 = mayDialMore ? 0 : plan.connectRate != nil && nextToDial < count ? 1_000_000 : 20_000_000
            let ready = load_epoll_wait(epoll, &events, Int32(Self.eventsAtOnce), wait)
            let before = deliveries
            for index in 0..<max(Int(ready), 0) {
                handle(Int(load_event_key(&events[index])), load_event_kinds(&events[index]))
            }
            let now = load_now()
            if deliveries > before {
                state.delivered.add(deliveries - before, ordering: .relaxed)
                state.lastDelivery.store(now, ordering: .relaxed)
            }
            guard now - lastTick >= Self.tick else { continue }
            lastTick = now
            if cpuAtStart == 0, state.start.load(ordering: .acquiring) > 0 {
                start = state.start.load(ordering: .acquiring)
                cpuAtStart = load_thread_cpu()
            }
            act(now)
            if !isComplete, state.phase == .draining, hasEverything() {
                isComplete = true
                cpu = load_thread_cpu() - cpuAtStart
                state.complete.add(1, ordering: .acquiringAndReleasing)
            }
        }
        if !isComplete { cpu = load_thread_cpu() - cpuAtStart }
        for place in 0..<count where subscribers[place].descriptor >= 0 {
            if target.feed.transport == .websocket, subscribers[place].isOpen {
                let bytes = WebSocketReader.goodbye
                _ = load_send(subscribers[place].descriptor, bytes, bytes.count)
            }
            close(subscribers[place].descriptor)
        }
        state.threadsAtEnd.add(1, ordering: .acquiringAndReleasing)
    }

    /// Nobody here can get any more that was promised.
    private func hasEverything() -> Bool {
        guard slowState != 1, state.publishersAreDone.load(ordering: .acquiring) else { return false }
        let stored = self.stored ?? state.storedArticles
        self.stored = stored
        func all(_ isDone: (SubscriptionTally) -> Bool) -> Bool {
            (0..<count).allSatisfy { place in
                let stage = subscribers[place].stage
                return stage == .ended || stage == .live && isDone(subscribers[place].tally)
            }
        }
        // The count is quickly looked at, and nearly always tells.
        return all { $0.unique >= stored.count } && all { $0.lost(of: stored) == 0 }
    }

    /// What is to be done by time.
    private func act(_ now: UInt64) {
        dialAgain(now)
        guard start > 0, now > start else { return }
        if let slow = plan.slow {
            if slowState == 0, now - start >= slow.after { pauseSlow() }
            if slowState == 1, now - start >= slow.after + slow.length { resumeSlow() }
        }
        if let storm = plan.storm, state.phase == .publishing {
            let due = stormAt ?? start + storm.after
            if now >= due {
                beginStorm(now)
                stormAt = storm.every.map { due + $0 } ?? .max
            }
        }
    }

    private func pauseSlow() {
        slowState = 1
        for place in 0..<count where subscribers[place].isSlow && subscribers[place].isOpen {
            subscribers[place].isPaused = true
            subscribers[place].isDisturbed = true
            _ = load_epoll_watch(epoll, subscribers[place].descriptor, 0, UInt64(place), 0)
        }
    }

    private func resumeSlow() {
        slowState = 2
        for place in 0..<count where subscribers[place].isPaused {
            subscribers[place].isPaused = false
            guard subscribers[place].descriptor >= 0 else { continue }
            _ = load_epoll_watch(epoll, subscribers[place].descriptor, EPOLLIN.rawValue, UInt64(place), 0)
        }
    }

    private func beginStorm(_ now: UInt64) {
        for place in 0..<count where subscribers[place].isInStorm && subscribers[place].isOpen {
            subscribers[place].isDisturbed = true
            load_cut(subscribers[place].descriptor)
            lost(place, now)
            subscribers[place].dialAgainAt = now
        }
    }
}
