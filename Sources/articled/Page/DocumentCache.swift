import Core
import Synchronization

/// Documents about the newest articles, each made once for everybody and made anew only when the feed has gone on.
final class DocumentCache: Sendable {
    /// What is asked for.
    struct Key: Hashable, Sendable {
        var topics: [String] = []
        /// What its links begin with.
        var origin = ""
    }

    struct Edition: Sendable {
        let document: Document
        /// What of the feed it takes account of.
        let cursor: Cursor
        /// Seconds since 1970. Every edition that differs from the one before has a later one, so that
        /// `If-Modified-Since` can tell them apart.
        let lastModified: Int64
        fileprivate let made: ContinuousClock.Instant

        fileprivate func isCurrent(at newest: Cursor, maxAge: Duration?) -> Bool {
            // The store may be a moment ahead of the feed.
            guard cursor == newest || cursor.seq > newest.seq else { return false }
            return maxAge.map { made.duration(to: .now) < $0 } ?? true
        }
    }

    private enum Step {
        case ready(Edition)
        case waiting(Task<Edition, any Error>)
    }

    private struct Slot {
        var edition: Edition?
        var making: Task<Edition, any Error>?
    }

    /// How much is kept, and how often that helped.
    struct Figures: Sendable, Hashable {
        var bytes = 0
        var hits = 0
        var misses = 0
    }

    private let counted = Mutex(Figures())
    private let slots = Mutex<[Key: Slot]>([:])
    private let maxAge: Duration?
    private let maxBytes: Int

    /// - Parameters:
    ///   - maxAge: how long an edition is good even if nothing happens; `nil` for ever.
    ///   - maxBytes: what all editions may take in memory.
    init(maxAge: Duration? = nil, maxBytes: Int = 16 * 1024 * 1024) {
        self.maxAge = maxAge
        self.maxBytes = maxBytes
    }

    var figures: Figures {
        var figures = counted.withLock { $0 }
        figures.bytes = slots.withLock { $0.values.reduce(0) { $0 + ($1.edition?.document.bytes ?? 0) } }
        return figures
    }

    /// The edition for a key that takes account of everything up to a place in the feed.
    ///
    /// - Parameters:
    ///   - newest: the feed's newest event.
    ///   - make: makes it, and says what it takes account of. However many ask, one at a time makes it.
    func edition(
        _ key: Key, at newest: Cursor, make: @escaping @Sendable () async throws -> (Document, Cursor)
    ) async throws -> Edition {
        // The first that is waited for may have been begun before `newest`; the next can't.
        for _ in 0..<2 {
            let step = slots.withLock { slots -> Step in
                let slot = slots[key, default: Slot()]
                if let edition = slot.edition, edition.isCurrent(at: newest, maxAge: maxAge) { return .ready(edition) }
                if let making = slot.making { return .waiting(making) }
                let task = Task { try await self.publish(key, make) }
                slots[key, default: Slot()].making = task
                return .waiting(task)
            }
            switch step {
            case .ready(let edition):
                counted.withLock { $0.hits += 1 }
                return edition
            case .waiting(let task):
                let edition = try await task.value
                if edition.isCurrent(at: newest, maxAge: nil) { return edition }
            }
        }
        // The store is behind the feed: another history, which the next request will see.
        return try await publish(key, make)
    }

    private func publish(
        _ key: Key, _ make: @Sendable () async throws -> (Document, Cursor)
    ) async throws -> Edition {
        counted.withLock { $0.misses += 1 }
        do {
            let (document, cursor) = try await make()
            return slots.withLock { slots in
                let old = slots[key]?.edition
                let now = Timestamp.now.milliseconds / 1000
                let lastModified =
                    old.map { $0.document.hash == document.hash ? $0.lastModified : max(now, $0.lastModified + 1) }
                    ?? now
                let edition = Edition(
                    document: document, cursor: cursor, lastModified: lastModified, made: .now)
                let total = slots.values.reduce(document.bytes) { $0 + ($1.edition?.document.bytes ?? 0) }
                // Whoever asks for thousands of topics gets no memory for them.
                if total > maxBytes {
                    slots = slots.filter { $0.value.making != nil }.mapValues { Slot(making: $0.making) }
                }
                slots[key] = Slot(edition: edition)
                return edition
            }
        } catch {
            slots.withLock { $0[key]?.making = nil }
            throw error
        }
    }
}
