import Synchronization

/// What the writer's thread has for one event loop, until that takes it.
struct LoopInbox: ~Copyable, Sendable {
    /// Another history, with its newest events.
    struct Replacement {
        let history: FeedHistory
        let entries: [FeedEntry]
    }

    struct Contents {
        fileprivate(set) var entries: [FeedEntry] = []
        fileprivate(set) var oldestSeq: Int64 = 1
        /// Comes before the entries.
        fileprivate(set) var replacement: Replacement?
    }

    private let contents = Mutex(Contents())

    /// Adds committed events.
    ///
    /// - Returns: whether the loop must be woken: nothing is there that it has been woken for.
    func add(_ entries: [FeedEntry], oldestSeq: Int64) -> Bool {
        contents.withLock { contents in
            defer {
                contents.entries += entries
                contents.oldestSeq = oldestSeq
            }
            return contents.entries.isEmpty && contents.replacement == nil && !entries.isEmpty
        }
    }

    /// What was there before is dropped. The loop must be woken.
    func replace(with history: FeedHistory, entries: [FeedEntry]) {
        contents.withLock { contents in
            contents.entries = []
            contents.oldestSeq = history.oldestSeq
            contents.replacement = Replacement(history: history, entries: entries)
        }
    }

    func take() -> Contents {
        contents.withLock { contents in
            let taken = contents
            contents.entries = []
            contents.replacement = nil
            return taken
        }
    }
}
