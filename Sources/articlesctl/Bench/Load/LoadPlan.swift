/// What a load does. Times are in nanoseconds.
struct LoadPlan: Sendable {
    /// When articles are sent.
    enum Schedule: Sendable, Equatable {
        /// Open loop: so many a second over all publishers, whatever the server does.
        case fixedRate(Double)
        /// Closed loop: each connection sends as soon as its last article was answered.
        case closedLoop
    }

    /// Some subscribers stop reading for a while.
    struct Slow: Sendable {
        let count: Int
        let after: UInt64
        let length: UInt64
    }

    /// Some subscribers are cut off at once, and come back at once.
    struct Storm: Sendable {
        let count: Int
        let after: UInt64
        /// Between one and the next; `nil` for a single one.
        let every: UInt64?
    }

    let subscribers: Int
    let publishers: Int
    /// Requests that each publisher has under way at most, each on a connection of its own.
    let inFlight: Int
    let schedule: Schedule
    let duration: UInt64
    /// Articles at most; `nil` for as many as the duration has room for.
    let count: Int?
    /// Bytes of an article's body, the marker included.
    let size: Int
    let slow: Slow?
    let storm: Storm?
    let threads: Int
    /// Handshakes a second over all threads; `nil` for as many as the server takes.
    let connectRate: Double?
    /// Handshakes under way at once.
    let connecting: Int
    let connectTimeout: UInt64
    /// From when all are connected until the first article.
    let settle: UInt64
    /// How long after the last delivery or answer those that are missing are waited for.
    let drain: UInt64
    /// From the first article to the end, whatever is still missing; `nil` for as long as it takes.
    let maxTime: UInt64?
    /// Processes that are the server, whose time and memory are measured.
    let serverProcesses: [Int32]
    /// Of each subscriber's socket, in bytes; 0 leaves it to the kernel.
    let receiveBuffer: Int

    /// The most that is sent out of order: what is under way at once, and some more.
    var window: Int {
        var size = 1024
        while size < 4 * publishers * inFlight { size *= 2 }
        return size
    }

    /// Which of all subscribers are among the chosen ones, evenly spread.
    func isChosen(_ subscriber: Int, of count: Int) -> Bool {
        subscriber * count / subscribers != (subscriber + 1) * count / subscribers
    }
}
