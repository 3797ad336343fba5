/// What the mouse does: a click selects, a click on what is selected opens, the wheel scrolls what it is over.
extension Update {
    private static let wheelStep = 3

    static func apply(_ mouse: MouseEvent, _ model: inout Model) {
        guard model.question == nil, model.prompt == nil else { return }
        model.notice = nil
        if let offset = model.helpOffset {
            switch mouse.kind {
            case .click: model.helpOffset = nil
            case .wheelUp: model.helpOffset = max(offset - wheelStep, 0)
            case .wheelDown: model.helpOffset = offset + wheelStep
            }
            return
        }
        if let menu = model.menu {
            let line = mouse.row - (model.layout.hasHeader ? 1 : 0) - 1
            switch mouse.kind {
            case .click where menu.items.indices.contains(line + menu.offset(height: model.layout.bodyHeight)):
                choose(menu.items[line + menu.offset(height: model.layout.bodyHeight)], &model)
            case .click: model.menu = nil
            case .wheelUp: model.menu?.selected = max(menu.selected - 1, 0)
            case .wheelDown: model.menu?.selected = min(menu.selected + 1, menu.items.count - 1)
            }
            return
        }
        if mouse.row == 0, model.layout.hasHeader {
            if mouse.kind == .click, let topic = Screen.Tabs(model: model).topic(at: mouse.column) {
                show(topic: topic.isEmpty ? nil : topic, &model)
            }
            return
        }
        switch place(mouse, model) {
        case .list(let line): applyToList(mouse.kind, line: line, &model)
        case .reader: applyToReader(mouse.kind, &model)
        case nil: break
        }
    }

    private enum Place {
        case list(line: Int)
        case reader
    }

    private static func place(_ mouse: MouseEvent, _ model: Model) -> Place? {
        let layout = model.layout
        let line = mouse.row - (layout.hasHeader ? 1 : 0)
        guard line >= 0, line < layout.bodyHeight else { return nil }
        let listLine = line - layout.draftLines
        switch layout.arrangement {
        case .split:
            if mouse.column > layout.list.width { return .reader }
            return mouse.column < layout.list.width ? .list(line: listLine) : nil
        case .stacked:
            let listEnd = layout.draftLines + layout.list.height
            return line < listEnd ? .list(line: listLine) : line > listEnd ? .reader : nil
        case .single:
            return model.focus == .reader ? .reader : .list(line: listLine)
        }
    }

    private static func applyToList(_ kind: MouseEvent.Kind, line: Int, _ model: inout Model) {
        switch kind {
        case .wheelUp: moveList(&model, by: -wheelStep)
        case .wheelDown: moveList(&model, by: wheelStep)
        case .click:
            let rows = model.rows
            let top = model.top.map { rows.position(of: $0) } ?? rows.count - 1
            guard line >= 0, rows.indices.contains(top - line) else { return }
            let row = rows[top - line]
            let isSelected = row == model.selection && model.departed == nil
            model.focus = .list
            select(row, &model)
            model.search?.isSettled = true
            if isSelected { open(&model) }
        }
    }

    private static func applyToReader(_ kind: MouseEvent.Kind, _ model: inout Model) {
        switch kind {
        case .wheelUp: model.readerOffset -= wheelStep
        case .wheelDown: model.readerOffset += wheelStep
        case .click: if model.departed != nil { model.focus = .reader } else if model.focus == .list { open(&model) }
        }
    }
}
