import Core

/// A place in the list: an article, or the mark of a gap. Ordered like the articles' ids, with a gap behind the newest
/// article that was there before it.
struct Row: Hashable, Comparable {
    /// The article's id, or that of the article before the gap.
    let id: Int64
    /// Why something may be missing here; `nil` for an article.
    let gap: ControlMessage.ResetReason?

    static func article(_ id: Int64) -> Row {
        Row(id: id, gap: nil)
    }

    static func < (left: Row, right: Row) -> Bool {
        left.id == right.id ? left.gap == nil && right.gap != nil : left.id < right.id
    }
}

/// Rows in order, oldest first.
extension Array where Element == Row {
    /// Where a row is, counted from the oldest, or where it would be.
    func position(of row: Row) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if self[middle] < row { low = middle + 1 } else { high = middle }
        }
        return low
    }

    func holds(_ row: Row) -> Bool {
        let position = position(of: row)
        return position < count && self[position] == row
    }

    /// How many articles are newer than one.
    func count(newerThan id: Int64) -> Int {
        self[position(of: .article(id + 1))...].count { $0.gap == nil }
    }
}
