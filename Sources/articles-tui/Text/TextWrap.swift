/// Breaks text into lines of at most a width.
///
/// Lines break at blanks and between wide characters; words that are too long, such as addresses, break inside only if
/// they do not fit a line of their own. Takes time in proportion to the text.
struct TextWrap {
    struct Line: Hashable {
        var text: String
        /// How many characters of the text come before the line.
        var origin: Int
    }

    private static let tabStop = 8
    /// What must not begin a line in East Asian text.
    private static let closing: Set<Character> = Set("。、，．！？：；）」』】〕》〉ー…")

    private static let itemMarks: Set<Character> = ["-", "*", "+", "•"]

    let width: Int

    func lines(_ text: String) -> [Line] {
        guard width > 0 else { return [] }
        var lines: [Line] = []
        var origin = 0
        for paragraph in text.split(separator: "\n", omittingEmptySubsequences: false) {
            var cells = Cells(paragraph, origin: origin, tabStop: Self.tabStop)
            append(&cells, to: &lines)
            origin += paragraph.count + 1
        }
        return lines
    }

    private func append(_ cells: inout Cells, to lines: inout [Line]) {
        var start = 0
        let indent = indent(of: cells)
        repeat {
            var end = start
            var used = start > 0 ? indent : 0
            var breakPoint: Int?
            while end < cells.count, used + cells.widths[end] <= width {
                used += cells.widths[end]
                end += 1
                if isBreak(cells, before: end, lineStart: start) { breakPoint = end }
            }
            var next = end
            if end == start, end < cells.count {
                // A character wider than the whole line: a blank stands for it.
                next = end + 1
                cells.characters[end] = " "
            } else if end < cells.count, cells.characters[end] != " ", let breakPoint {
                next = breakPoint
            }
            lines.append(cells.line(start..<next, indent: start > 0 ? indent : 0))
            if next < cells.count { while next < cells.count, cells.characters[next] == " " { next += 1 } }
            start = next
        } while start < cells.count
    }

    /// How far the lines below the first are set in: to where its text begins, behind the blanks and the mark of an item.
    private func indent(of cells: Cells) -> Int {
        var indent = cells.characters.prefix { $0 == " " }.count
        let rest = cells.characters.dropFirst(indent).prefix(2)
        if rest.count == 2, rest.last == " ", let mark = rest.first, Self.itemMarks.contains(mark) { indent += 2 }
        // Where there is little room, none of it is given away.
        return indent <= width / 4 ? indent : 0
    }

    private func isBreak(_ cells: Cells, before end: Int, lineStart: Int) -> Bool {
        let last = cells.characters[end - 1]
        if last == " " { return cells.characters[lineStart..<end].contains { $0 != " " } }
        guard end < cells.count else { return false }
        let next = cells.characters[end]
        return (cells.widths[end - 1] == 2 || cells.widths[end] == 2) && next != " " && !Self.closing.contains(next)
    }

    /// A paragraph's characters with their widths, tabs expanded.
    private struct Cells {
        var characters: [Character] = []
        var widths: [Int] = []
        private var origins: [Int] = []

        var count: Int { characters.count }

        init(_ paragraph: Substring, origin: Int, tabStop: Int) {
            var column = 0
            for (offset, character) in paragraph.enumerated() {
                let isTab = character == "\t"
                for _ in 0..<(isTab ? tabStop - column % tabStop : 1) {
                    let width = isTab ? 1 : DisplayWidth.of(character)
                    characters.append(isTab ? " " : character)
                    widths.append(width)
                    origins.append(origin + offset)
                    column += width
                }
            }
            start = origin
        }

        private let start: Int

        /// A line without the blanks at its end.
        func line(_ range: Range<Int>, indent: Int) -> Line {
            var end = range.upperBound
            while end > range.lowerBound, characters[end - 1] == " " { end -= 1 }
            return Line(
                text: TextLayout.blanks(indent) + String(characters[range.lowerBound..<end]),
                origin: range.lowerBound < count ? origins[range.lowerBound] : start)
        }
    }
}
