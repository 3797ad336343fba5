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
