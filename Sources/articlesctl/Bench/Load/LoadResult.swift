import Histogram

/// What a load has found.
struct LoadResult {
    /// What one subscriber got of what was acknowledged.
    struct Subscriber: Equatable {
        let number: Int
        let expected: Int
        let received: Int
        let duplicated: Int
        let reordered: Int
        let disconnects: Int
        let resets: Int
        /// The last close code of the server; 0 if there was none.
        let closeCode: Int
        let wasDisturbed: Bool
        /// Depends on the order of all that came.
        let order: UInt64

        var lost: Int { max(0, expected - received) }
    }

    let subscribers: [Subscriber]
    let sent: Int
    let acknowledged: Int
    let refused: Int
    let unresolved: Int
    /// What went wrong first.
    let problem: String?
    let recorder: LoadRecorder
    /// From the first article's time to the last answer, in seconds.
    let publishingSeconds: Double
    /// From the first article's time to the last delivery, in seconds.
    let deliveringSeconds: Double
    /// From the first dial until all were live, in seconds.
    let connectingSeconds: Double
    /// CPU time of this process for each delivery, in microseconds.
    let cpuPerDelivery: Double
    /// The share of the time that the busiest thread was busy.
    let busiestThread: Double
    let wasInterrupted: Bool

    var deliveries: Int { subscribers.reduce(0) { $0 + $1.received + $1.duplicated } }

    /// How many different orders those saw who got everything once; 1 is as it should be.
    var orders: Int { Set(subscribers.filter { $0.lost == 0 && $0.duplicated == 0 }.map(\.order)).count }
}
