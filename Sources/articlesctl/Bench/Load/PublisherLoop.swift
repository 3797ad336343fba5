import Core
import Foundation
import LoadSockets
import Synchronization

/// All publishers of a load, on one thread.
final class PublisherLoop: @unchecked Sendable {
    // Touched by its own thread from `run` until its end, and by nobody else meanwhile.

    private let plan: LoadPlan
    private let target: LoadTarget
    private let state: LoadState
    private let request: [UInt8]
    private let marker: Int
    private let epoll: Int32
    private var connections: [PublisherConnection]
    /// Of each publisher.
    private var idle: [[Int]]
    private var schedule: PublisherSchedule
    private var start: UInt64 = 0
    /// The articles of each second and so on, and how long answers took.
    private(set) var recorder: LoadRecorder
    /// From the beginning to the last answer, in nanoseconds.
    private(set) var length: UInt64 = 0
    private var busy = 0
    /// When an answer came last.
    private var answeredAt: UInt64 = 0

    /// A request that has had no answer for so long gets none.
    private static let answerTimeout: UInt64 = 30_000_000_000
    private static let longestWait: UInt64 = 2_000_000

    init(plan: LoadPlan, target: LoadTarget, state: LoadState, recorder: LoadRecorder) {
        self.plan = plan
        self.target = target
        self.state = state
        self.recorder = recorder
        (request, marker) = target.publication(size: plan.size)
        epoll = load_epoll()
        schedule = PublisherSchedule(plan)
        let bytes = request.count
        connections = (0..<plan.publishers * plan.inFlight).map {
            PublisherConnection(publisher: $0 / plan.inFlight, requestBytes: bytes)
        }
        idle = Array(repeating: [], count: plan.publishers)
        for connection in connections { connection.output.update(from: request, count: bytes) }
    }

    deinit {
        for connection in connections { connection.deallocate() }
        close(epoll)
    }

    func run() {
        load_thread_is_urgent()
        while state.phase == .connecting {
            dial(load_now())
            poll(1_000_000)
            if idle.reduce(0, { $0 + $1.count }) == connections.count {
                state.publishersAreReady.store(true, ordering: .releasing)
            }
        }
        start = state.start.load(ordering: .acquiring)
        if state.phase == .publishing {
            while case let now = load_now(), now < start { poll(Int64(start - now)) }
            publish()
        }
        finish()
        // The last article's turn ends when the next one's would begin.
        let end = load_now()
        // Who was interrupted at once has not begun.
        length = max(end > start ? end - start : 0, schedule.length)
        for connection in connections where connection.stage != .closed { close(connection.descriptor) }
        state.publishersAreDone.store(true, ordering: .releasing)
        state.threadsAtEnd.add(1, ordering: .acquiringAndReleasing)
    }

    private func publish() {
        while state.phase == .publishing {
            var wait = Self.longestWait
            var isOver = true
            for publisher in 0..<plan.publishers {
                sending: while true {
                    guard let connection = idle[publisher].last else {
                        isOver = false
                        break
                    }
                    let now = load_now()
                    switch schedule.next(publisher, now: now > start ? now - start : 0) {
                    case .send(let seq, let intended):
                        idle[publisher].removeLast()
                        send(connection, seq, start + intended)
                        isOver = false
                    case .wait(let until):
                        isOver = false
                        let now = load_now()
                        wait = min(wait, start + until > now ? start + until - now : 0)
                        break sending
                    case .over:
                        break sending
                    }
                }
            }
            if isOver || isHopeless(load_now()) { return }
            poll(Int64(wait))
            dial(load_now())
        }
    }

    /// The time is over, and a server that is behind does not even answer any more.
    private func isHopeless(_ now: UInt64) -> Bool {
        now > max(start + plan.duration, answeredAt) + plan.drain
    }

    /// Waits for the answers to what was sent.
    private func finish() {
        while busy > 0, state.phase != .ended {
            poll(Int64(Self.longestWait))
            let now = load_now()
            for index in connections.indices
            where connections[index].stage == .busy && now - connections[index].sentAt > Self.answerTimeout {
                fail(index, "the server does not answer")
            }
        }
    }

    // MARK: - Connections

    private func dial(_ now: UInt64) {
        for index in connections.indices
        where connections[index].stage == .closed && connections[index].dialAgainAt <= now {
            let descriptor = target.address.withUnsafeBytes {
                load_dial($0.baseAddress, UInt32($0.count), target.sources.address(of: plan.subscribers + index), 0)
            }
            guard descriptor >= 0 else {
                connections[index].dialAgainAt = now + 50_000_000
                state.note("a publisher can't connect: \(String(cString: strerror(errno)))")
                continue
            }
            connections[index].descriptor = descriptor
            connections[index].stage = .connecting
            _ = load_epoll_watch(epoll, descriptor, EPOLLIN.rawValue | EPOLLOUT.rawValue, UInt64(index), 1)
        }
    }

    private func poll(_ nanoseconds: Int64) {
        withUnsafeTemporaryAllocation(of: epoll_event.self, capacity: 128) { events in
            let count = load_epoll_wait(epoll, events.baseAddress, 128, nanoseconds)
            for index in 0..<max(Int(count), 0) {
                handle(Int(load_event_key(&events[index])), load_event_kinds(&events[index]))
            }
        }
    }

    private func handle(_ index: Int, _ kinds: UInt32) {
        switch connections[index].stage {
        case .closed: return
        case .connecting:
            let code = load_dial_error(connections[index].descriptor)
            guard code == 0 else { return fail(index, "a publisher can't connect: \(String(cString: strerror(code)))") }
            _ = load_epoll_watch(epoll, connections[index].descriptor, EPOLLIN.rawValue, UInt64(index), 0)
            becomeIdle(index)
        case .idle:
            // A connection that says something without being asked is being closed.
            fail(index, "")
        case .busy:
            if kinds & EPOLLOUT.rawValue != 0 { flush(index) }
            guard kinds & ~EPOLLOUT.rawValue != 0, connections[index].stage == .busy else { return }
            receive(index)
        }
    }

    private func becomeIdle(_ index: Int) {
        connections[index].stage = .idle
        connections[index].attempts = 0
        idle[connections[index].publisher].append(index)
    }

    private func fail(_ index: Int, _ problem: @autoclosure () -> String) {
        switch connections[index].stage {
        case .busy:
            busy -= 1
            state.unresolved.add(1, ordering: .relaxed)
            state.note(problem())
        case .idle: idle[connections[index].publisher].removeAll { $0 == index }
        case .connecting: state.note(problem())
        case .closed: return
        }
        close(connections[index].descriptor)
        connections[index].stage = .closed
        connections[index].dialAgainAt = load_now() + 10_000_000 << UInt64(min(connections[index].attempts, 7))
        connections[index].attempts += 1
    }

    // MARK: - Requests and answers

    private func send(_ index: Int, _ seq: UInt64, _ intended: UInt64) {
        let output = connections[index].output
        // The marker may have got shorter than the last one.
        request.withUnsafeBufferPointer { bytes in
            guard let base = bytes.baseAddress else { return }
            (output + marker).update(from: base + marker, count: Marker.maxBytes)
        }
        Marker.write(seq, intended, at: output + marker)
        let now = load_now()
        connections[index].stage = .busy
        connections[index].sentBytes = 0
        connections[index].received = 0
        connections[index].sentAt = now
        busy += 1
        if plan.schedule != .closedLoop { recorder.sent(late: now - intended) }
        state.sent.add(1, ordering: .relaxed)
        flush(index)
    }

    private func flush(_ index: Int) {
        while connections[index].sentBytes < request.count {
            let rest = request.count - connections[index].sentBytes
            let count = load_send(
                connections[index].descriptor, connections[index].output + connections[index].sentBytes, rest)
            if count < 0 {
                guard errno == EAGAIN else {
                    return fail(index, "an article could not be sent: \(String(cString: strerror(errno)))")
                }
                let kinds = EPOLLIN.rawValue | EPOLLOUT.rawValue
                _ = load_epoll_watch(epoll, connections[index].descriptor, kinds, UInt64(index), 0)
                return
            }
            if connections[index].sentBytes > 0 {
                _ = load_epoll_watch(epoll, connections[index].descriptor, EPOLLIN.rawValue, UInt64(index), 0)
            }
            connections[index].sentBytes += count
        }
    }

    private func receive(_ index: Int) {
        let have = connections[index].received
        let room = PublisherConnection.inputBytes - have
        let count = recv(connections[index].descriptor, connections[index].input + have, room, 0)
        guard count > 0 else {
            if count < 0, errno == EAGAIN { return }
            return fail(index, "the server closed a publisher's connection")
        }
        connections[index].received = have + count
        let bytes = UnsafeBufferPointer(start: connections[index].input, count: have + count)
        guard let answer = HTTPAnswer(bytes) else {
            if have + count == PublisherConnection.inputBytes { fail(index, "the answer to an article is too long") }
            return
        }
        guard isComplete(answer, bytes) else {
            if have + count == PublisherConnection.inputBytes { fail(index, "the answer to an article is too long") }
            return
        }
        answered(index, answer, bytes)
    }

    private func isComplete(_ answer: HTTPAnswer, _ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        if let length = answer.contentLength { return bytes.count - answer.headBytes >= length }
        return answer.isChunked && bytes.suffix(5).elementsEqual("0\r\n\r\n".utf8)
    }

    private func answered(_ index: Int, _ answer: HTTPAnswer, _ bytes: UnsafeBufferPointer<UInt8>) {
        let now = load_now()
        answeredAt = now
        busy -= 1
        if (200..<300).contains(answer.status) {
            recorder.acknowledged(after: now - connections[index].sentAt, at: now - start)
            state.acknowledged.add(1, ordering: .releasing)
        } else {
            recorder.answered(after: now - connections[index].sentAt)
            state.refused.add(1, ordering: .relaxed)
            let problem = try? JSONParser.parse(Array(bytes.dropFirst(answer.headBytes)))
            state.note(
                "an article was refused: \(problem?["detail"]?.stringValue ?? "without a reason") (\(answer.status))")
        }
        if answer.closes {
            close(connections[index].descriptor)
            connections[index].stage = .closed
            connections[index].dialAgainAt = 0
        } else {
            becomeIdle(index)
        }
    }
}
