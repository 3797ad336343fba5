/// Where things are on a terminal of a size.
struct Layout: Hashable {
    enum Arrangement: Hashable {
        /// List and reading pane next to each other.
        case split
        /// The list above the reading pane, while an article is open.
        case stacked
        /// One of them at a time.
        case single
    }

    /// Up to this many columns the two are not put next to each other.
    static let widestStacked = 84
    /// Fewer lines than this are too few for two.
    private static let leastStackedHeight = 14
    /// Longer lines are hard to read.
    private static let widestText = 90

    let size: Size
    let arrangement: Arrangement
    let list: Size
    let reader: Size
    /// Lines above the list for what waits to be posted.
    let draftLines: Int

    private static let mostDraftLines = 3

    /// - Parameter drafts: how many wait to be posted.
    init(_ size: Size, isReaderOpen: Bool, drafts: Int = 0) {
        let size = Size(width: max(size.width, 1), height: max(size.height, 1))
        self.size = size
        let height = Self.bodyHeight(size)
        draftLines = min(drafts, Self.mostDraftLines, height / 3)
        if size.width > Self.widestStacked {
            arrangement = .split
            let listWidth = size.width * 2 / 5
            list = Size(width: listWidth, height: height - draftLines)
            reader = Size(width: size.width - listWidth - 1, height: height)
        } else if isReaderOpen, height >= Self.leastStackedHeight {
            arrangement = .stacked
            let listHeight = height * 2 / 5
            list = Size(width: size.width, height: listHeight - draftLines)
            reader = Size(width: size.width, height: height - listHeight - 1)
        } else {
            arrangement = .single
            list = Size(width: size.width, height: height - draftLines)
            reader = Size(width: size.width, height: height)
        }
    }

    /// The status line is the last to go.
    var hasHeader: Bool { size.height >= 3 }
    var bodyHeight: Int { Self.bodyHeight(size) }

    private static func bodyHeight(_ size: Size) -> Int {
        size.height - (size.height >= 3 ? 2 : 1)
    }

    /// Columns of an article's text; it is set off from the pane's edges by a blank.
    var textWidth: Int { max(min(reader.width - 2, Self.widestText), 1) }
}
