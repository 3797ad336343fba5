import ArticlesClient
import Core

/// What the feed does to the model.
extension Update {
    static func apply(_ update: FeedUpdate, to model: inout Model) {
        switch update {
        case .state(let state):
            model.link = state
            switch state {
            case .catchingUp, .live, .stale:
                model.hasConnected = true
                model.cached = nil
            case .connecting, .waiting, .refused: break
            }
            if state == .live {
                model.failedPages = []
                model.bodyFailure = nil
                if !model.outbox.isEmpty { model.ask(.post(key: nil)) }
            }
        case .snapshot(let events):
            merge(events, &model)
        case .event(let event):
            if event.kind == .created { model.coverage.extend(to: event.id) }
            take(event, &model)
            if event.kind == .created, model.link == .live, let article = event.article { announce(article, &model) }
        case .reset(let reason):
            model.list.appendGap(reason)
            if let gap = model.list.newest, model.filtered != nil, model.view.shows(gap, in: model.list) {
                if model.filtered?.last?.gap != nil { model.filtered?.removeLast() }
                model.filtered?.append(gap)
            }
        case .caughtUp:
            break
        }
    }

    /// Only the last of many that come together is told of.
    private static func announce(_ article: Article, _ model: inout Model) {
        model.asked.removeAll { if case .arrived = $0 { true } else { false } }
        model.ask(.arrived(article))
    }

    /// A snapshot tells what there is, and so also what there is no more.
    private static func merge(_ events: [FeedEvent], _ model: inout Model) {
        let present = Set(events.map(\.id))
        let isComplete = events.count < model.source.query.last
        let oldest = isComplete ? 0 : present.min() ?? .max
        let held = model.list.rows[model.list.position(of: .article(oldest))...]
        for row in held where row.gap == nil && !present.contains(row.id) {
            remove(row.id, .deleted, &model)
        }
        for event in events { take(event, &model) }
        if let newest = present.max() { model.coverage.insert(oldest...newest) }
    }

    private static func take(_ event: FeedEvent, _ model: inout Model) {
        guard let article = event.article else { return remove(event.id, .deleted, &model) }
        // Subscribers of the old topic are told of a move, so that the article can leave.
        guard model.source.query.filter.matches(article.topic) else {
            return remove(article.id, .moved(topic: article.topic), &model)
        }
        let wasAtNewest = model.selection != nil && model.isAtNewest
        guard store(article, &model) == .added else { return }
        if model.isFollowing, wasAtNewest, model.focus == .list, model.search == nil,
            model.rows.last == .article(article.id)
        {
            select(model.rows.last, &model)
        }
    }

    /// Takes an article up, and lists it where the view shows it.
    @discardableResult
    static func store(_ article: Article, _ model: inout Model) -> ArticleList.Change {
        let change = model.list.store(article)
        guard change != .unchanged else { return change }
        let row = Row.article(article.id)
        if model.filtered != nil {
            let position = model.rows.position(of: row)
            let isListed = model.rows.holds(row)
            if model.view.shows(row, in: model.list) {
                if !isListed { model.filtered?.insert(row, at: position) }
            } else if isListed, model.view.topic.map({ $0 != article.topic }) ?? false {
                model.filtered?.remove(at: position)
            }
            if let oldest = model.list.rows.first { model.filtered?.removeAll(before: oldest) }
        }
        if let oldest = model.list.rows.first, change == .added, model.list.isFull {
            model.coverage.trim(below: oldest.id)
        }
        if let search = model.search, search.matches(article.id, in: model.list), model.rows.holds(row) {
            let position = search.matches.position(of: row)
            if !search.matches.holds(row) { model.search?.matches.insert(row, at: position) }
        }
        return change
    }

    /// Takes an article out. The next older row, else the next newer one, is selected in its place, but an article that
    /// is open stays in the reading pane.
    static func remove(_ id: Int64, _ how: Model.Departure, _ model: inout Model) {
        let row = Row.article(id)
        let isListed = model.rows.holds(row)
        let position = model.rows.position(of: row)
        guard let article = model.list.remove(id) else { return }
        if isListed, model.filtered != nil { model.filtered?.remove(at: position) }
        model.search?.matches.removeAll { $0 == row }
        let rows = model.rows
        if model.top == row { model.top = position > 0 ? rows[position - 1] : nil }
        guard model.selection == row else { return }
        if model.isReaderOpen, model.departed == nil {
            model.departed = (model.held?.id == id ? model.held ?? article : article, how)
        }
        model.selection = rows.isEmpty ? nil : rows[max(position - 1, 0)]
    }
}

extension Array where Element == Row {
    fileprivate mutating func removeAll(before row: Row) {
        let position = position(of: row)
        if position > 0 { removeFirst(position) }
    }
}
