import Core

/// A stretch of the feed written by one writer.
struct Term: Hashable, Sendable {
    /// The first event of the term.
    let firstSeq: Int64
    let nonce: UInt32
}

/// Which places of the feed one can resume from: the terms and what is retained.
struct FeedHistory: Hashable, Sendable {
    /// In ascending order of their first event.
    private(set) var terms: [Term] = []
    /// The oldest event that is still kept; one past the newest if there is none.
    var oldestSeq: Int64 = 1
    /// The newest event; 0 before the first.
    private(set) var newestSeq: Int64 = 0

    init(terms: [Term] = [], oldestSeq: Int64 = 1, newestSeq: Int64 = 0) {
        self.terms = terms
        self.oldestSeq = oldestSeq
        self.newestSeq = newestSeq
    }

    /// What a subscriber gets who asks to go on after a cursor.
    enum Resumption: Hashable, Sendable {
        case resume(afterSeq: Int64)
        case reset(ControlMessage.ResetReason)
    }

    /// Decides a resumption: a cursor of another history forks, one before the retained events is trimmed.
    func resumption(after cursor: Cursor) -> Resumption {
        guard cursor.seq <= newestSeq, cursor.nonce == nonce(of: cursor.seq) else { return .reset(.forked) }
        guard cursor.seq + 1 >= oldestSeq else { return .reset(.trimmed) }
        return .resume(afterSeq: cursor.seq)
    }

    /// The cursor of an event.
    func cursor(of seq: Int64) -> Cursor {
        Cursor(seq: seq, nonce: nonce(of: seq))
    }

    /// The newest committed event.
    var newest: Cursor { cursor(of: newestSeq) }

    /// The oldest place to resume from: just before the oldest retained event.
    var oldest: Cursor { cursor(of: oldestSeq - 1) }

    /// Takes up one more event.
    mutating func advance(to cursor: Cursor) {
        precondition(cursor.seq == newestSeq + 1, "events are numbered without gaps")
        newestSeq = cursor.seq
        if terms.last?.nonce != cursor.nonce { terms.append(Term(firstSeq: cursor.seq, nonce: cursor.nonce)) }
    }

    /// The nonce of the term that covers an event; 0 before the first event.
    private func nonce(of seq: Int64) -> UInt32 {
        guard seq > 0 else { return Cursor.beginning.nonce }
        var low = 0
        var high = terms.count
        while low < high {
            let middle = (low + high) / 2
            if terms[middle].firstSeq <= seq { low = middle + 1 } else { high = middle }
        }
        return low == 0 ? Cursor.beginning.nonce : terms[low - 1].nonce
    }
}
