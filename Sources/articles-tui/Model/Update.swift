import ArticlesClient
import Core

/// What an event makes of the model. Pure: the outside is only asked for, by effects.
enum Update {
    /// - Parameter page: how many rows of the list, and lines of the article, one sees at once.
    static func apply(_ event: Event, to model: inout Model, page: (rows: Int, lines: Int)) -> [Effect] {
        switch event {
        case .feed(let update):
            apply(update, to: &model)
            return []
        case .key(let key):
            return Command(key).map { perform($0, on: &model, page: page) } ?? closeHelp(&model)
        }
    }

    // MARK: - The feed

    private static func apply(_ update: FeedUpdate, to model: inout Model) {
        switch update {
        case .state(let state):
            model.link = state
        case .snapshot(let events):
            for event in events { take(event, &model, isEdit: false) }
        case .event(let event):
            take(event, &model, isEdit: event.kind == .updated)
        case .reset(let reason):
            model.appendGap(reason)
        case .caughtUp:
            break
        }
    }

    private static func take(_ event: FeedEvent, _ model: inout Model, isEdit: Bool) {
        guard let article = event.article else {
            model.remove(event.id)
            return
        }
        guard model.store(article, isEdit: isEdit) else { return }
        if model.isFollowing, !model.isReaderOpen, model.focus == .list {
            model.selection = model.rows.last
        } else {
            model.newCount += 1
            if model.selection == nil { model.selection = model.rows.last }
        }
    }

    // MARK: - Keys

    private static func closeHelp(_ model: inout Model) -> [Effect] {
        model.isHelpShown = false
        return []
    }

    private static func perform(
        _ command: Command, on model: inout Model, page: (rows: Int, lines: Int)
    ) -> [Effect] {
        if model.isHelpShown {
            model.isHelpShown = false
            // The help lists what keys do; while it is open they only close it, but these act.
            guard [.quit, .redraw].contains(command) else { return [] }
        }
        let isReading = model.focus == .reader
        let step = isReading ? page.lines : page.rows
        switch command {
        case .down: move(&model, by: 1)
        case .up: move(&model, by: -1)
        case .pageDown: move(&model, by: max(step - 1, 1))
        case .pageUp: move(&model, by: -max(step - 1, 1))
        case .halfPageDown: move(&model, by: max(step / 2, 1))
        case .halfPageUp: move(&model, by: -max(step / 2, 1))
        case .newest: isReading ? model.readerOffset = 0 : select(&model, model.rows.last)
        case .oldest: isReading ? model.readerOffset = .max : select(&model, model.rows.first)
        case .nextUnread: selectUnread(&model, older: true)
        case .previousUnread: selectUnread(&model, older: false)
        case .open: open(&model)
        case .back: back(&model)
        case .switchPane: isReading ? back(&model) : open(&model)
        case .toggleFollow: toggleFollow(&model)
        case .markRead: toggleRead(&model)
        case .help: model.isHelpShown = true
        case .redraw: return [.redraw]
        // The terminal makes a signal of the key.
        case .suspend: return []
        case .quit: return [.quit]
        }
        return []
    }

    /// Down is towards the older rows, and towards the end of the article.
    private static func move(_ model: inout Model, by amount: Int) {
        if model.focus == .reader {
            // The screen knows where the article ends, and stops there.
            model.readerOffset = max(0, model.readerOffset.addingReportingOverflow(amount).partialValue)
            return
        }
        guard let last = model.rows.indices.last else { return }
        let current = model.selection.flatMap { model.index(of: $0) } ?? last
        select(&model, model.rows[min(max(current - amount, 0), last)])
    }

    private static func select(_ model: inout Model, _ row: Model.Row?) {
        guard let row, row != model.selection else { return }
        model.selection = row
        model.readerOffset = 0
        model.deleted = nil
        if row == model.rows.last {
            model.newCount = 0
        } else {
            model.isFollowing = false
        }
    }

    private static func selectUnread(_ model: inout Model, older: Bool) {
        let rows = model.rows
        let current = model.selection.flatMap { model.index(of: $0) } ?? rows.count
        let isUnread = { (row: Model.Row) -> Bool in
            guard case .article(let id) = row.content else { return false }
            return model.unread.contains(id)
        }
        let found =
            older
            ? rows[..<min(current, rows.count)].last(where: isUnread)
            : rows[min(current + 1, rows.count)...].first(where: isUnread)
        guard let found else { return }
        select(&model, found)
        if model.isReaderOpen, case .article(let id) = found.content { model.unread.remove(id) }
    }

    private static func open(_ model: inout Model) {
        guard case .article(let id)? = model.selection?.content else { return }
        model.isReaderOpen = true
        model.focus = .reader
        model.readerOffset = 0
        model.deleted = nil
        model.unread.remove(id)
    }

    private static func back(_ model: inout Model) {
        model.isReaderOpen = false
        model.focus = .list
        model.deleted = nil
    }

    private static func toggleFollow(_ model: inout Model) {
        model.isFollowing.toggle()
        if model.isFollowing {
            select(&model, model.rows.last)
            model.newCount = 0
        }
    }

    private static func toggleRead(_ model: inout Model) {
        guard case .article(let id)? = model.selection?.content else { return }
        if model.unread.remove(id) == nil { model.unread.insert(id) }
    }
}
