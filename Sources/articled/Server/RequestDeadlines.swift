import NIOCore

/// Watches over the deadlines of all connections, with one timer for each event loop.
final class RequestDeadlines: Sendable {
    private let watches: [ObjectIdentifier: DeadlineWatch]

    /// - Parameters:
    ///   - timeout: how long a request may be under way.
    ///   - idleTimeout: how long a connection may rest between requests.
    ///   - accessLog: is told of every answer that the connections report.
    init(
        eventLoops: [any EventLoop], timeout: TimeAmount, idleTimeout: TimeAmount, accessLog: AccessLog = .off
    ) {
        watches = Dictionary(
            uniqueKeysWithValues: eventLoops.map {
                (
                    ObjectIdentifier($0),
                    DeadlineWatch(eventLoop: $0, timeout: timeout, idleTimeout: idleTimeout, accessLog: accessLog)
                )
            })
    }

    /// What all loops have answered, each asked on itself.
    func figures() async -> AnswerFigures {
        await withTaskGroup(of: AnswerFigures?.self) { group in
            for watch in watches.values {
                // Fails only with the loop itself.
                group.addTask { try? await watch.eventLoop.submit { watch.figures }.get() }
            }
            var sum = AnswerFigures()
            for await figures in group { if let figures { sum += figures } }
            return sum
        }
    }

    func watch(of eventLoop: any EventLoop) -> DeadlineWatch {
        guard let watch = watches[ObjectIdentifier(eventLoop)] else {
            preconditionFailure("a connection lives on one of the daemon's own event loops")
        }
        return watch
    }

    func start() {
        for watch in watches.values { watch.start() }
    }
}

/// The connections of one event loop that have deadlines, and requests of HTTP/2. A timer for each would cost more than most of their requests:
/// cancelling one takes time in proportion to all.
///
/// Unchecked Sendable because it is touched on the event loop only.
final class DeadlineWatch: @unchecked Sendable {
    let timeout: TimeAmount
    let idleTimeout: TimeAmount
    let accessLog: AccessLog
    let eventLoop: any EventLoop
    /// What the connections have been answered since the start.
    var figures = AnswerFigures()
    private var watched: [any WatchedDeadline] = []

    init(eventLoop: any EventLoop, timeout: TimeAmount, idleTimeout: TimeAmount, accessLog: AccessLog = .off) {
        self.accessLog = accessLog
        self.eventLoop = eventLoop
        self.timeout = timeout
        self.idleTimeout = idleTimeout
    }

    /// Begins to look, so often that nobody is late by more than a tenth of the shorter time, or a second.
    func start() {
        let interval = min(max(min(timeout, idleTimeout) / 10, .milliseconds(5)), .seconds(1))
        eventLoop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { _ in self.look() }
    }

    private func look() {
        let now = eventLoop.now
        // A copy, for those who end are taken out, and may take others with them.
        for deadline in watched.filter({ $0.isExpired(at: now) }) where deadline.indexInWatch != nil {
            deadline.expire()
        }
    }

    func add(_ deadline: any WatchedDeadline) {
        deadline.indexInWatch = watched.count
        watched.append(deadline)
    }

    func remove(_ deadline: any WatchedDeadline) {
        guard let index = deadline.indexInWatch else { return }
        deadline.indexInWatch = nil
        let last = watched.removeLast()
        guard last !== deadline else { return }
        watched[index] = last
        last.indexInWatch = index
    }
}

/// Something that ends a connection or a request at its time.
protocol WatchedDeadline: AnyObject {
    /// Where it stands in the watch.
    var indexInWatch: Int? { get set }

    func isExpired(at now: NIODeadline) -> Bool

    func expire()
}

extension TimeAmount {
    fileprivate static func / (amount: TimeAmount, divisor: Int64) -> TimeAmount {
        .nanoseconds(amount.nanoseconds / divisor)
    }
}
