/// One connection of a load, as its loop knows it.
struct LoadSubscriber {
    enum Stage: UInt8 {
        /// Not dialled, or waiting to be dialled again.
        case idle
        case connecting
        /// The request is sent; its answer is not complete.
        case asking
        /// What was missed is being sent.
        case catchingUp
        case live
        /// Given up.
        case ended
    }

    let number: Int
    var stage = Stage.idle
    var descriptor: Int32 = -1
    var tally: SubscriptionTally

    /// Whether a scenario has it: its times say something of the scenario, not of the server at rest.
    let isSlow: Bool
    let isInStorm: Bool
    var isPaused = false
    var isDisturbed = false
    /// It has been live.
    var wasLive = false

    /// In nanoseconds of the clock.
    var dialledAt: UInt64 = 0
    var dialAgainAt: UInt64 = 0
    var leftAt: UInt64 = 0
    var attempts = 0

    var disconnects = 0
    var resets = 0
    /// The last close frame's; 0 if there was none.
    var closeCode = 0

    var chunks = ChunkDecoder()
    var isChunked = false
    /// What came of something that is not complete yet.
    private(set) var rest: UnsafeMutablePointer<UInt8>?
    private(set) var restCount = 0
    private var restCapacity = 0

    init(number: Int, tally: SubscriptionTally, isSlow: Bool, isInStorm: Bool) {
        self.number = number
        self.tally = tally
        self.isSlow = isSlow
        self.isInStorm = isInStorm
    }

    var isOpen: Bool { stage == .catchingUp || stage == .live }

    /// Keeps what is not complete until more comes.
    @inline(__always)
    mutating func keep(_ bytes: UnsafePointer<UInt8>, _ count: Int) {
        restCount = count
        guard count > 0 else { return }
        if count > restCapacity {
            rest?.deallocate()
            restCapacity = max(4096, count * 2)
            rest = .allocate(capacity: restCapacity)
        }
        rest?.update(from: bytes, count: count)
    }

    /// Forgets what belonged to a connection that has ended.
    mutating func forget() {
        rest?.deallocate()
        rest = nil
        restCount = 0
        restCapacity = 0
        chunks = ChunkDecoder()
    }
}
