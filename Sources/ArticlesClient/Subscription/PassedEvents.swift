import Core

/// Which events a subscription has passed on, as far as that is needed to know one of them again.
///
/// The number alone would not do: after a server was restored from a backup, other events bear the numbers of those
/// that were passed on. The nonce of their term tells them apart.
struct PassedEvents {
    enum Verdict: Equatable {
        case new
        /// It was passed on before.
        case known
        /// The server has another event where the one that was passed on had been.
        case otherHistory
    }

    /// The first event of each term, in order.
    private var terms: [Cursor] = []
    private var newest: Int64?

    func verdict(on cursor: Cursor) -> Verdict {
        guard let newest, cursor.seq <= newest else { return .new }
        // What lies before the first term is older than the place that was resumed from.
        guard let term = terms.last(where: { $0.seq <= cursor.seq }) else { return .known }
        return term.nonce == cursor.nonce ? .known : .otherHistory
    }

    mutating func insert(_ cursor: Cursor) {
        if terms.last?.nonce != cursor.nonce { terms.append(cursor) }
        newest = cursor.seq
    }

    /// Everything up to this place has been passed on; only what follows needs to be told apart.
    mutating func insertAll(upTo cursor: Cursor) {
        guard cursor.seq >= newest ?? 0 else { return }
        terms = [cursor]
        newest = cursor.seq
    }
}
