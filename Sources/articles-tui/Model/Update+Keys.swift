/// What keys do to the model.
extension Update {
    static func press(_ key: Key, _ model: inout Model) -> [Effect] {
        model.notice = nil
        let command = Command(key)
        if let offset = model.helpOffset {
            model.helpOffset = nil
            switch command {
            case .help, .back, .quit, nil:
                return []
            case .some(let command):
                // Keys that move do so in the help while there is more of it than fits; the others act at once.
                if let step = step(command, page: model.layout.bodyHeight, count: HelpScreen.lineCount),
                    HelpScreen.lineCount > model.layout.bodyHeight
                {
                    model.helpOffset = max(offset + step, 0)
                    return []
                }
            }
        }
        guard let command else { return [] }
        return perform(command, &model)
    }

    private static func perform(_ command: Command, _ model: inout Model) -> [Effect] {
        let page = model.focus == .reader ? model.layout.reader.height : model.layout.list.height
        let count = model.focus == .reader ? model.reader.lines.count : model.list.rows.count
        if let step = step(command, page: page, count: count) {
            move(&model, by: step)
            return []
        }
        switch command {
        case .nextUnread: selectUnread(&model, isOlder: true)
        case .previousUnread: selectUnread(&model, isOlder: false)
        case .open: open(&model)
        case .back: back(&model)
        case .switchPane: switchPane(&model)
        case .toggleFollow: toggleFollow(&model)
        case .toggleRead: toggleRead(&model)
        case .help: model.helpOffset = 0
        case .redraw: return [.redraw]
        case .quit: return [.quit]
        case .down, .up, .pageDown, .pageUp, .halfPageDown, .halfPageUp, .first, .last: break
        }
        return []
    }

    // MARK: - Moving

    /// How many lines down a command moves; `nil` if it is for something else.
    private static func step(_ command: Command, page: Int, count: Int) -> Int? {
        switch command {
        case .down: 1
        case .up: -1
        case .pageDown: max(page - 1, 1)
        case .pageUp: -max(page - 1, 1)
        case .halfPageDown: max(page / 2, 1)
        case .halfPageUp: -max(page / 2, 1)
        case .first: -count
        case .last: count
        default: nil
        }
    }

    /// Moves down the list, which is towards older articles, or down the article.
    private static func move(_ model: inout Model, by step: Int) {
        guard model.focus == .list else {
            model.readerOffset += step
            return
        }
        guard let selection = model.selection else { return }
        let rows = model.list.rows
        let target = model.list.position(of: selection) - step
        select(rows[max(0, min(target, rows.count - 1))], &model)
    }

    static func select(_ row: Row?, _ model: inout Model) {
        model.selection = row
        model.departed = nil
    }

    private static func selectUnread(_ model: inout Model, isOlder: Bool) {
        guard let selection = model.selection else { return }
        let rows = model.list.rows
        let current = model.list.position(of: selection)
        let isUnread = { (row: Row) in row.gap == nil && model.list.unread.contains(row.id) }
        let found =
            isOlder
            ? rows[..<current].last(where: isUnread) : rows[(current + 1)...].first(where: isUnread)
        guard let found else {
            model.notice = isOlder ? "no older unread article" : "no newer unread article"
            return
        }
        select(found, &model)
        if model.focus == .reader { model.list.setRead(found.id, true) }
    }

    // MARK: - Reading

    private static func open(_ model: inout Model) {
        guard let selection = model.selection, selection.gap == nil else { return }
        // In the list the key means what is selected there, even if the pane still shows what has departed.
        if model.focus == .list { model.departed = nil }
        model.focus = .reader
        model.isReaderOpen = true
        model.list.setRead(selection.id, true)
    }

    private static func back(_ model: inout Model) {
        model.focus = .list
        model.isReaderOpen = false
        model.departed = nil
    }

    private static func switchPane(_ model: inout Model) {
        switch model.focus {
        case .reader: model.focus = .list
        case .list where model.departed != nil: model.focus = .reader
        case .list: open(&model)
        }
    }

    private static func toggleFollow(_ model: inout Model) {
        model.isFollowing.toggle()
        if model.isFollowing, model.focus == .list { select(model.list.newest, &model) }
    }

    private static func toggleRead(_ model: inout Model) {
        guard model.departed == nil, let selection = model.selection, selection.gap == nil else { return }
        model.list.setRead(selection.id, model.list.unread.contains(selection.id))
    }
}
