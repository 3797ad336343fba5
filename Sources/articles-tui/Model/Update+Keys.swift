import Core

/// What keys do to the model.
extension Update {
    static func press(_ key: Key, _ model: inout Model) {
        model.notice = nil
        if let question = model.question { return answer(question, key, &model) }
        if model.prompt != nil { return type(key, &model) }
        if model.menu != nil { return choose(key, &model) }
        let command = model.keys.command(key)
        if let offset = model.helpOffset {
            model.helpOffset = nil
            let count = HelpScreen.lineCount(width: model.size.width)
            switch command {
            case .help, .back, .quit:
                return
            case .some(let command):
                // Keys that move do so in the help while there is more of it than fits; the others act at once.
                if let step = step(command, page: model.layout.bodyHeight, count: count),
                    count > model.layout.bodyHeight
                {
                    model.helpOffset = max(offset + step, 0)
                    return
                }
            case nil: break
            }
        }
        if let command {
            perform(command, &model)
        } else if case .character(let character) = key, let number = character.wholeNumberValue, number > 0 {
            pressDigit(number, &model)
        }
    }

    /// A digit means a topic in the list, and a link in the article.
    private static func pressDigit(_ number: Int, _ model: inout Model) {
        if model.focus == .reader { return browse(link: number, &model) }
        let tabs: [String?] = [nil] + model.tabs
        guard number <= tabs.count else {
            model.notice = "there is no topic \(number)"
            return
        }
        show(topic: tabs[number - 1], &model)
    }

    static func perform(_ command: Command, _ model: inout Model) {
        let page = model.focus == .reader ? model.layout.reader.height : model.layout.list.height
        let count = model.focus == .reader ? model.reader.lines.count : model.rows.count
        if let step = step(command, page: page, count: count) { return move(&model, by: step) }
        switch command {
        case .nextUnread: selectUnread(&model, isOlder: true)
        case .previousUnread: selectUnread(&model, isOlder: false)
        case .open: open(&model)
        case .back: goBack(&model)
        case .switchPane: switchPane(&model)
        case .search: ask(.search, &model)
        case .nextMatch: selectMatch(&model, isOlder: true)
        case .previousMatch: selectMatch(&model, isOlder: false)
        case .filter: ask(.filter, text: model.view.filter?.text ?? "", &model)
        case .topic: openTopics(&model)
        case .nextTab: showNextTab(&model, by: 1)
        case .previousTab: showNextTab(&model, by: -1)
        case .unreadOnly: toggleUnreadOnly(&model)
        case .toggleRead: toggleRead(&model)
        case .markAllRead: markAllRead(&model)
        case .toggleFollow: toggleFollow(&model)
        case .date: ask(.date, &model)
        case .browse: browse(link: nil, &model)
        case .copyLink: copyLink(&model)
        case .pipe: if subjectArticle(&model) != nil { ask(.pipe, &model) }
        case .add: compose(&model)
        case .edit: edit(&model)
        case .delete: delete(&model)
        case .outbox: openOutbox(&model)
        case .server: openServers(&model)
        case .commandLine: ask(.command, &model)
        case .toggleMouse: toggleMouse(&model)
        case .help: model.helpOffset = 0
        case .redraw: model.ask(.redraw)
        case .quit: model.ask(.quit)
        case .down, .up, .pageDown, .pageUp, .halfPageDown, .halfPageUp, .first, .last: break
        }
    }

    private static func ask(_ kind: Prompt.Kind, text: String = "", _ model: inout Model) {
        model.prompt = Prompt(kind, text: text, history: model.typed[kind] ?? [])
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
        moveList(&model, by: step)
    }

    static func moveList(_ model: inout Model, by step: Int) {
        model.search?.isSettled = true
        if let selection = model.selection {
            let rows = model.rows
            let target = rows.position(of: selection) - step
            select(rows[max(0, min(target, rows.count - 1))], &model)
        }
        askForPage(&model, isOlder: step > 0)
    }

    static func select(_ row: Row?, _ model: inout Model) {
        model.selection = row
        model.departed = nil
    }

    private static func selectUnread(_ model: inout Model, isOlder: Bool) {
        guard let selection = model.selection else { return }
        let rows = model.rows
        let unread = model.list.unread
        let current = rows.position(of: selection)
        let isUnread = { (row: Row) in row.gap == nil && unread.contains(row.id) }
        let found =
            isOlder
            ? rows[..<current].last(where: isUnread) : rows[(current + 1)...].first(where: isUnread)
        guard let found else {
            model.notice = isOlder ? "no older unread article" : "no newer unread article"
            if isOlder { askForPage(&model, isOlder: true) }
            return
        }
        select(found, &model)
        if model.focus == .reader { markRead([found.id], true, &model) }
    }

    // MARK: - Reading

    static func open(_ model: inout Model) {
        guard let selection = model.selection else { return }
        guard selection.gap == nil else { return askForPage(&model, isOlder: true) }
        // In the list the key means what is selected there, even if the pane still shows what has departed.
        if model.focus == .list { model.departed = nil }
        model.focus = .reader
        model.isReaderOpen = true
        markRead([selection.id], true, &model)
    }

    static func back(_ model: inout Model) {
        model.focus = .list
        model.isReaderOpen = false
        model.departed = nil
    }

    /// One step back at a time: from the article, from the search, from the filter.
    private static func goBack(_ model: inout Model) {
        if model.focus == .reader || model.isReaderOpen || model.departed != nil {
            back(&model)
        } else if model.search != nil {
            model.search = nil
        } else if model.view.filter != nil {
            var view = model.view
            view.filter = nil
            show(view, &model)
        }
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
        if model.isFollowing, model.focus == .list { select(model.rows.last, &model) }
    }

    private static func toggleMouse(_ model: inout Model) {
        model.usesMouse.toggle()
        model.notice = model.usesMouse ? "mouse on" : "mouse off: the terminal selects text with it"
        model.ask(.mouse(model.usesMouse))
    }

    // MARK: - Read marks

    static func markRead(_ ids: [Int64], _ isRead: Bool, _ model: inout Model) {
        let changed = ids.filter { model.list.unread.contains($0) == isRead && model.list[$0] != nil }
        for id in changed { model.list.setRead(id, isRead) }
        if !changed.isEmpty { model.ask(.keepRead(changed, isRead: isRead)) }
    }

    private static func toggleRead(_ model: inout Model) {
        guard model.departed == nil, let selection = model.selection, selection.gap == nil else { return }
        markRead([selection.id], model.list.unread.contains(selection.id), &model)
    }

    private static func toggleUnreadOnly(_ model: inout Model) {
        var view = model.view
        view.isUnreadOnly.toggle()
        show(view, &model)
        model.notice = view.isUnreadOnly ? "unread only; what you read stays until you leave" : "all articles"
    }

    private static func markAllRead(_ model: inout Model) {
        let ids = model.rows.filter { $0.gap == nil && model.list.unread.contains($0.id) }.map(\.id)
        guard !ids.isEmpty else {
            model.notice = "nothing is unread"
            return
        }
        model.question = .markAllRead(ids)
    }
}
