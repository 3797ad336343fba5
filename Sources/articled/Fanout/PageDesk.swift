import NIOCore

/// Consecutive events out of the store, ready to be sent.
struct PreparedPage: Sendable {
    let entries: [FeedEntry]

    init(_ events: [CommittedEvent]) {
        entries = events.map(FeedEntry.init)
    }

    /// Whether it has the next event for somebody at this place.
    func covers(_ seq: Int64) -> Bool {
        guard let first = entries.first, let last = entries.last else { return false }
        return first.seq <= seq + 1 && seq < last.seq
    }

    func entries(after seq: Int64) -> ArraySlice<FeedEntry> {
        guard let first = entries.first else { return [] }
        return entries.dropFirst(max(0, Int(seq + 1 - first.seq)))
    }
}

/// Where the subscribers of one event loop get pages out of the store: one page is read at a time, and everybody whom it
/// covers has a share in it, so that many who come from the same place cost little more than one.
final class PageDesk {
    private let eventLoop: any EventLoop
    private let read: @Sendable (_ after: Int64) async throws -> [CommittedEvent]
    /// In the order in which they came.
    private var waiting: [Subscriber] = []
    private var isReading = false
    /// How often everything was let go of.
    private var generation = 0
    /// The latest pages, the newest last; kept until the next heartbeats.
    private var pages: [PreparedPage] = []
    private(set) var figures = Figures()

    /// Since the start.
    struct Figures: Sendable, Hashable {
        var read = 0
        /// Each page for each subscriber that had a share in it.
        var served = 0
        var failed = 0
    }

    private static let maxPages = 4

    init(eventLoop: any EventLoop, read: @escaping @Sendable (_ after: Int64) async throws -> [CommittedEvent]) {
        self.eventLoop = eventLoop
        self.read = read
    }

    /// Brings a subscriber the page with its next event, now or later.
    func fetch(for subscriber: Subscriber) {
        if let page = pages.last(where: { $0.covers(subscriber.delivery.seq) }) {
            figures.served += 1
            subscriber.receive(page)
        } else {
            waiting.append(subscriber)
            readNext()
        }
    }

    /// Lets go of what nobody has asked for lately.
    func forgetPages() {
        pages = []
    }

    /// Lets go of everything, and of those who wait, for there is another history: whoever still wants a page comes again.
    func forgetAll() {
        pages = []
        waiting = []
        generation += 1
    }

    private func readNext() {
        guard !isReading else { return }
        waiting.removeAll(where: \.isClosing)
        guard let first = waiting.first else { return }
        isReading = true
        let after = first.delivery.seq
        let generation = generation
        let promise = eventLoop.makePromise(of: PreparedPage.self)
        let read = read
        promise.completeWithTask { PreparedPage(try await read(after)) }
        promise.futureResult.assumeIsolated().whenComplete { result in
            self.isReading = false
            if generation == self.generation { self.hand(out: result, after: after) }
            self.readNext()
        }
    }

    private func hand(out result: Result<PreparedPage, any Error>, after: Int64) {
        let isConcerned: (Subscriber) -> Bool
        if case .success(let page) = result {
            figures.read += 1
            pages.append(page)
            if pages.count > Self.maxPages { pages.removeFirst() }
            isConcerned = { page.covers($0.delivery.seq) || $0.delivery.seq == after }
        } else {
            figures.failed += 1
            isConcerned = { $0.delivery.seq == after }
        }
        let concerned = waiting.filter(isConcerned)
        waiting.removeAll(where: isConcerned)
        for subscriber in concerned {
            switch result {
            case .success(let page):
                figures.served += 1
                subscriber.receive(page)
            case .failure: subscriber.readingFailed()
            }
        }
    }
}
