import Core
import Foundation
import LoadSockets
import Synchronization

extension SubscriberLoop {
    /// What a thread starts at once at most, before it looks at what has come.
    private static let dialsAtOnce = 32
    /// In nanoseconds.
    private static let shortestPause: UInt64 = 100_000_000
    private static let longestPause: UInt64 = 5_000_000_000

    private var mostConnecting: Int { max(plan.connecting / plan.threads, 1) }

    /// Dials those that never were, as fast as the plan allows.
    ///
    /// - Returns: whether more can be dialled right away.
    func dialFirst(_ began: UInt64) -> Bool {
        var started = 0
        while nextToDial < count, connecting < mostConnecting, started < Self.dialsAtOnce {
            let now = load_now()
            if let rate = plan.connectRate {
                let due = Double(nextToDial * plan.threads) / rate * 1e9
                guard Double(now - began) >= due else { return false }
            }
            dial(nextToDial, now)
            nextToDial += 1
            started += 1
        }
        return nextToDial < count && connecting < mostConnecting
    }

    /// Dials those again whose pause is over.
    func dialAgain(_ now: UInt64) {
        for place in 0..<nextToDial where subscribers[place].stage == .idle && subscribers[place].dialAgainAt <= now {
            guard connecting < mostConnecting else { return }
            dial(place, now)
        }
    }

    private func dial(_ place: Int, _ now: UInt64) {
        let number = subscribers[place].number
        connecting += 1
        subscribers[place].stage = .connecting
        if subscribers[place].dialledAt == 0 || subscribers[place].wasLive { subscribers[place].dialledAt = now }
        let descriptor = target.feed.endpoint.dial(number, receiveBuffer: plan.receiveBuffer)
        guard descriptor >= 0 else {
            state.note("connecting failed: \(String(cString: strerror(errno)))")
            return lost(place, now)
        }
        subscribers[place].descriptor = descriptor
        _ = load_epoll_watch(epoll, descriptor, EPOLLIN.rawValue | EPOLLOUT.rawValue, UInt64(place), 1)
    }

    /// The connection is there, or is not.
    func connected(_ place: Int) {
        let code = load_dial_error(subscribers[place].descriptor)
        let request =
            subscribers[place].wasLive
            ? target.feed.bytes(since: subscribers[place].tally.cursor) : firstRequest
        guard code == 0, load_send(subscribers[place].descriptor, request, request.count) == request.count else {
            state.note("connecting failed: \(String(cString: strerror(code == 0 ? errno : code)))")
            return drop(place)
        }
        subscribers[place].stage = .asking
        _ = load_epoll_watch(epoll, subscribers[place].descriptor, EPOLLIN.rawValue, UInt64(place), 0)
    }

    /// Everything that was missed has been sent.
    func becameLive(_ place: Int, _ now: UInt64) {
        guard subscribers[place].stage != .live else { return }
        subscribers[place].stage = .live
        subscribers[place].attempts = 0
        connecting -= 1
        if subscribers[place].wasLive {
            recorder.pointee.recovered(after: now - subscribers[place].leftAt)
        } else {
            subscribers[place].wasLive = true
            recorder.pointee.connected(after: now - subscribers[place].dialledAt)
            state.ready.add(1, ordering: .acquiringAndReleasing)
        }
    }

    /// Ends a connection that is of no more use; it is dialled again after a pause.
    func drop(_ place: Int) {
        close(subscribers[place].descriptor)
        lost(place, load_now())
    }

    /// Notes that a connection is gone.
    func lost(_ place: Int, _ now: UInt64) {
        if subscribers[place].stage != .live { connecting -= 1 }
        if subscribers[place].isOpen, subscribers[place].wasLive {
            subscribers[place].disconnects += 1
            if subscribers[place].stage == .live { subscribers[place].leftAt = now }
        }
        subscribers[place].descriptor = -1
        subscribers[place].stage = .idle
        subscribers[place].isPaused = false
        subscribers[place].forget()
        // With jitter over all of the pause: else all who were cut off would come back together, again and again.
        let longest = min(Self.shortestPause << UInt64(min(subscribers[place].attempts, 6)), Self.longestPause)
        subscribers[place].attempts += 1
        subscribers[place].dialAgainAt = now + UInt64.random(in: 0...longest)
    }

    /// Ends a connection whose server will not have it.
    func giveUp(_ place: Int) {
        close(subscribers[place].descriptor)
        lost(place, load_now())
        subscribers[place].stage = .ended
        if !subscribers[place].wasLive { state.failed.add(1, ordering: .acquiringAndReleasing) }
    }
}
