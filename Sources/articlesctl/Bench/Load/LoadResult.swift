import Histogram

/// What a load has found.
struct LoadResult {
    /// What one subscriber got.
    struct Subscriber: Equatable {
        let number: Int
        /// The articles that were acknowledged.
        let expected: Int
        /// Each once.
        let received: Int
        /// Of the expected ones.
        let lost: Int
        let duplicated: Int
        let reordered: Int
        let disconnects: Int
        let resets: Int
        /// The last close code of the server; 0 if there was none.
        let closeCode: Int
        let wasDisturbed: Bool
        /// Depends on the order of all that came.
        let order: UInt64

        /// What came though its publisher got no answer that it is stored, or another one.
        var unpromised: Int { received - (expected - lost) }
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
    /// `nil` if nobody has told which processes the server is.
    let server: ServerUsage?
    let wasInterrupted: Bool

    var deliveries: Int { subscribers.reduce(0) { $0 + $1.received + $1.duplicated } }

    /// CPU time of the server for each delivery, in microseconds.
    var serverCPUPerDelivery: Double? {
        server.flatMap { deliveries > 0 ? Double($0.cpu) / 1000 / Double(deliveries) : nil }
    }

    /// How many different orders those saw who got everything once; 1 is as it should be.
    var orders: Int { Set(subscribers.filter { $0.lost == 0 && $0.duplicated == 0 }.map(\.order)).count }
}
