/// The reading pane.
extension Screen {
    var reader: [StyledLine] {
        let lines = model.reader.lines
        let visible = (model.readerOffset..<lines.count).prefix(layout.reader.height).map { index in
            let line = cut(StyledLine(" ") + lines[index], to: layout.reader.width).padded(to: layout.reader.width)
            // The title shows which part the keys act on, as the selected row does in the list.
            let isMarked = model.focus == .reader && model.reader.titleLines.contains(index)
            return isMarked ? line.adding(.selected) : line
        }
        return filled(visible, layout.reader)
    }
}
