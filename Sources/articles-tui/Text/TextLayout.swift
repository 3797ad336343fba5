/// Fits text to columns.
enum TextLayout {
    /// The text cut to a width, with an ellipsis where something is missing, and filled up with blanks.
    static func fitted(_ text: String, to width: Int, ellipsis: String) -> String {
        guard width > 0 else { return "" }
        let mark = DisplayWidth.of(ellipsis) < width ? ellipsis : ""
        let room = width - DisplayWidth.of(mark)
        var head = text.startIndex
        var headWidth = 0
        var used = 0
        for index in text.indices {
            // Where the text is cut, should it turn out to be too long.
            if used <= room { (head, headWidth) = (index, used) }
            used += DisplayWidth.of(text[index])
            if used > width {
                return text[..<head] + mark + blanks(width - headWidth - DisplayWidth.of(mark))
            }
        }
        return text + blanks(width - used)
    }

    static func blanks(_ count: Int) -> String {
        String(repeating: " ", count: max(count, 0))
    }
}
