import NIOCore

/// Watches over the deadlines of all connections, with one timer for each event loop.
final class RequestDeadlines: Sendable {
    private let watches: [ObjectIdentifier: DeadlineWatch]

    /// - Parameters:
    ///   - timeout: how long a request may be under way.
    ///   - idleTimeout: how long a connection may rest between requests.
    init(eventLoops: [any EventLoop], timeout: TimeAmount, idleTimeout: TimeAmount) {
        watches = Dictionary(
            uniqueKeysWithValues: eventLoops.map {
                (ObjectIdentifier($0), DeadlineWatch(eventLoop: $0, timeout: timeout, idleTimeout: idleTimeout))
            })
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
    private let eventLoop: any EventLoop
    private var watched: [any WatchedDeadline] = []

    init(eventLoop: any EventLoop, timeout: TimeAmount, idleTimeout: TimeAmount) {
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
