import Core
import Foundation
import LoadSockets
import Synchronization

/// All publishers of a load, on one thread.
///
/// Unchecked Sendable because it is made before that thread begins, and read by others when it has ended.
final class PublisherLoop: @unchecked Sendable {
    // Touched by its own thread from `run` until its end, and by nobody else meanwhile.

    private let plan: LoadPlan
    private let target: LoadTarget
    private let state: LoadState
    private let publication: Publication
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
    private var stored = NumberSet()
    /// When an answer came last.
    private var answeredAt: UInt64 = 0

    /// For the answers that are still missing, of who was told to end.
    private static let patienceWhenInterrupted: UInt64 = 1_000_000_000
    private static let longestWait: UInt64 = 2_000_000

    init(plan: LoadPlan, target: LoadTarget, state: LoadState, recorder: LoadRecorder) {
        self.plan = plan
        self.target = target
        self.state = state
        self.recorder = recorder
        publication = target.publication
        epoll = load_epoll()
        schedule = PublisherSchedule(plan)
        let bytes = publication.bytes
        connections = (0..<plan.publishers * plan.inFlight).map {
            PublisherConnection(publisher: $0 / plan.inFlight, requestBytes: bytes.count)
        }
        idle = Array(repeating: [], count: plan.publishers)
        for connection in connections { connection.output.update(from: bytes, count: bytes.count) }
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
        length = max(answeredAt > start ? answeredAt - start : 0, schedule.length)
        for connection in connections where connection.stage != .closed { close(connection.descriptor) }
        state.publishersEnd(stored: stored)
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
            if isOver || isHopeless(load_now()) || isOverdue(load_now()) { return }
            poll(Int64(wait))
            dial(load_now())
        }
    }

    /// The time is over, and a server that is behind does not even answer any more.
    private func isHopeless(_ now: UInt64) -> Bool {
        now > max(start + plan.duration, answeredAt) + plan.drain
    }

    /// Waits for the answers to what was sent, as long as any come.
    private func finish() {
        let began = load_now()
        while busy > 0, state.phase != .ended {
            poll(Int64(Self.longestWait))
            let patience = state.phase == .draining ? min(plan.drain, Self.patienceWhenInterrupted) : plan.drain
            let now = load_now()
            guard now > max(began, answeredAt) + patience || isOverdue(now) else { continue }
            for index in connections.indices where connections[index].stage == .busy {
                fail(
                    index,
                    connections[index].received > 0
                        ? "an article was not answered as was expected" : "the server does not answer")
            }
        }
    }

    /// The longest time that the whole may take is over.
    private func isOverdue(_ now: UInt64) -> Bool { plan.maxTime.map { now > start + $0 } ?? false }

    // MARK: - Connections

    private func dial(_ now: UInt64) {
        for index in connections.indices
        where connections[index].stage == .closed && connections[index].dialAgainAt <= now {
            let descriptor = publication.endpoint.dial(plan.subscribers + index)
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
            greet(index)
        case .greeting: receiveGreeting(index)
        case .idle: receiveUnasked(index)
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
        case .connecting, .greeting: state.note(problem())
        case .closed: return
        }
        close(connections[index].descriptor)
        connections[index].stage = .closed
        connections[index].dialAgainAt = load_now() + 10_000_000 << UInt64(min(connections[index].attempts, 7))
        connections[index].attempts += 1
    }

    /// Says what is to be said before the first article.
    private func greet(_ index: Int) {
        guard case .stream(let hello, _) = publication.exchange, !hello.isEmpty else { return becomeIdle(index) }
        guard load_send(connections[index].descriptor, hello, hello.count) == hello.count else {
            return fail(index, "what a publisher says first could not be sent")
        }
        connections[index].stage = .greeting
    }

    /// Whatever answers it: a server that will have none of it closes the connection.
    private func receiveGreeting(_ index: Int) {
        let count = recv(connections[index].descriptor, connections[index].input, PublisherConnection.inputBytes, 0)
        guard count > 0 else {
            if count < 0, errno == EAGAIN { return }
            return fail(index, "the server closed a publisher's connection")
        }
        becomeIdle(index)
    }

    /// A connection of HTTP that says something without being asked is being closed; others may say what they like.
    private func receiveUnasked(_ index: Int) {
        if case .stream = publication.exchange {
            let (descriptor, input) = (connections[index].descriptor, connections[index].input)
            let count = recv(descriptor, input, PublisherConnection.inputBytes, 0)
            if count > 0 || count < 0 && errno == EAGAIN { return }
        }
        fail(index, "")
    }

    // MARK: - Requests and answers

    private func send(_ index: Int, _ seq: UInt64, _ intended: UInt64) {
        let output = connections[index].output
        // The marker may have got shorter than the last one.
        publication.bytes.withUnsafeBufferPointer { bytes in
            guard let base = bytes.baseAddress else { return }
            (output + publication.marker).update(from: base + publication.marker, count: Marker.maxBytes)
        }
        Marker.write(seq, intended, at: output + publication.marker)
        let now = load_now()
        connections[index].stage = .busy
        connections[index].seq = seq
        connections[index].sentBytes = 0
        connections[index].received = 0
        connections[index].sentAt = now
        busy += 1
        if plan.schedule != .closedLoop { recorder.sent(late: now - intended) }
        state.sent.add(1, ordering: .relaxed)
        if seq > state.newest.load(ordering: .relaxed) { state.newest.store(seq, ordering: .relaxed) }
        flush(index)
    }

    private func flush(_ index: Int) {
        while connections[index].sentBytes < publication.bytes.count {
            let rest = publication.bytes.count - connections[index].sentBytes
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
        guard count >= 0 else {
            if errno == EAGAIN { return }
            return fail(index, "a publisher's connection broke: \(String(cString: strerror(errno)))")
        }
        connections[index].received = have + count
        let bytes = UnsafeBufferPointer(start: connections[index].input, count: have + count)
        switch answer(bytes, isAtEnd: count == 0) {
        case .some(let answer): answered(index, answer)
        case nil where count == 0: fail(index, "the server closed a publisher's connection")
        case nil where have + count == PublisherConnection.inputBytes:
            fail(index, "the answer to an article is too long, or another one than was expected")
        case nil: break
        }
    }

    /// What an answer says of an article.
    private struct Answer {
        /// `nil` if the article is stored.
        let refusal: String?
        let closes: Bool
    }

    /// - Returns: `nil` while it is not complete.
    private func answer(_ bytes: UnsafeBufferPointer<UInt8>, isAtEnd: Bool) -> Answer? {
        switch publication.exchange {
        case .stream(_, let expected):
            guard let base = bytes.baseAddress else { return nil }
            let isThere = expected.withUnsafeBytes {
                load_find(base, bytes.count, $0.bindMemory(to: CChar.self).baseAddress, $0.count) != nil
            }
            return isThere ? Answer(refusal: nil, closes: isAtEnd) : nil
        case .http:
            guard let answer = HTTPAnswer(bytes), answer.isComplete(bytes, isAtEnd: isAtEnd) else { return nil }
            let closes = answer.closes || isAtEnd
            guard !(200..<300).contains(answer.status) else { return Answer(refusal: nil, closes: closes) }
            let problem = try? JSONParser.parse(Array(bytes.dropFirst(answer.headBytes)))
            return Answer(
                refusal: "\(problem?["detail"]?.stringValue ?? "without a reason") (\(answer.status))",
                closes: closes)
        }
    }

    private func answered(_ index: Int, _ answer: Answer) {
        let now = load_now()
        answeredAt = now
        busy -= 1
        if let refusal = answer.refusal {
            recorder.answered(after: now - connections[index].sentAt)
            state.refused.add(1, ordering: .relaxed)
            state.note("an article was refused: \(refusal)")
        } else {
            recorder.acknowledged(after: now - connections[index].sentAt, at: now - start)
            stored.insert(connections[index].seq)
            state.acknowledged.add(1, ordering: .releasing)
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
