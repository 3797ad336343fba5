import NIOCore

/// In which order, and how many at a time, subscribers are told to go when the daemon stops.
struct Farewell {
    private var waiting: ArraySlice<Subscriber>
    /// How many go in a step.
    private let share: Int
    /// When to come again, in milliseconds.
    private let retryAfter: ClosedRange<Int>

    /// The time between steps.
    static let step = TimeAmount.milliseconds(10)

    /// - Parameters:
    ///   - window: how long all of it takes.
    ///   - retryAfter: when to come again at the earliest, in milliseconds. Each is told a time of its own, over as long as
    ///     the goodbyes take and a second more, so that those who come again are spread even wider.
    init(_ subscribers: [Subscriber], over window: TimeAmount, retryAfter: Int) {
        waiting = subscribers.shuffled()[...]
        let steps = max(1, Int(window.nanoseconds / Self.step.nanoseconds))
        share = (subscribers.count + steps - 1) / steps
        self.retryAfter = retryAfter / 2...retryAfter / 2 + 1000 + Int(window.nanoseconds / 1_000_000)
    }

    var isOver: Bool { waiting.isEmpty }

    /// Who goes now, and when each is to come again.
    mutating func next() -> [(Subscriber, retryAfter: Int)] {
        defer { waiting = waiting.dropFirst(share) }
        return waiting.prefix(share).map { ($0, .random(in: retryAfter)) }
    }
}
