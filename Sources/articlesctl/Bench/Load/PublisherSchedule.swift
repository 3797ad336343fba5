/// Who sends which article when. Each of several publishers has every so many-eth of them; a publisher that is held up is
/// late with its own, and no other's.
struct PublisherSchedule {
    private let publishers: Int
    private let count: Int
    /// Nanoseconds between two articles of the whole; `nil` for a closed loop.
    private let spacing: Double?
    private let duration: UInt64
    /// How many each publisher has taken.
    private var taken: [Int]
    private var takenInAll = 0

    init(_ plan: LoadPlan) {
        publishers = plan.publishers
        count = plan.count ?? .max
        duration = plan.duration
        taken = Array(repeating: 0, count: plan.publishers)
        spacing =
            switch plan.schedule {
            case .fixedRate(let rate): 1e9 / rate
            case .closedLoop: nil
            }
    }

    /// What the articles that were taken take by their schedule, in nanoseconds.
    var length: UInt64 { UInt64(Double(taken.reduce(0, +)) * (spacing ?? 0)) }

    enum Next: Equatable {
        /// Now: its number, from 1, and when it was to be sent.
        case send(seq: UInt64, intended: UInt64)
        /// At that time, and not before.
        case wait(until: UInt64)
        case over
    }

    /// What a publisher that has a free connection is to do. Times are nanoseconds since the beginning.
    mutating func next(_ publisher: Int, now: UInt64) -> Next {
        guard let spacing else {
            guard now < duration, takenInAll < count else { return .over }
            takenInAll += 1
            return .send(seq: UInt64(takenInAll), intended: now)
        }
        let number = taken[publisher] * publishers + publisher
        let due = UInt64(Double(number) * spacing)
        guard due < duration, number < count else { return .over }
        guard due <= now else { return .wait(until: due) }
        taken[publisher] += 1
        return .send(seq: UInt64(number + 1), intended: due)
    }
}
