import ArticlesClient
import Core

/// What the feed does to the model.
extension Update {
    static func apply(_ update: FeedUpdate, to model: inout Model) {
        switch update {
        case .state(let state):
            model.link = state
            switch state {
            case .catchingUp, .live, .stale: model.hasConnected = true
            case .connecting, .waiting, .refused: break
            }
        case .snapshot(let events):
            merge(events, &model)
        case .event(let event):
            take(event, &model)
        case .reset(let reason):
            model.list.appendGap(reason)
        case .caughtUp:
            break
        }
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
    }

    private static func take(_ event: FeedEvent, _ model: inout Model) {
        guard let article = event.article else { return remove(event.id, .deleted, &model) }
        // Subscribers of the old topic are told of a move, so that the article can leave.
        guard model.source.query.filter.matches(article.topic) else {
            return remove(article.id, .moved(topic: article.topic), &model)
        }
        let wasAtNewest = model.selection != nil && model.isAtNewest
        guard model.list.store(article) == .added else { return }
        if model.isFollowing, wasAtNewest, model.focus == .list, model.list.newest == .article(article.id) {
            select(model.list.newest, &model)
        }
    }

    /// Takes an article out. The next older row, else the next newer one, is selected in its place, but an article that
    /// is open stays in the reading pane.
    private static func remove(_ id: Int64, _ how: Model.Departure, _ model: inout Model) {
        let row = Row.article(id)
        let position = model.list.position(of: row)
        guard let article = model.list.remove(id) else { return }
        if model.top == row { model.top = position > 0 ? model.list.rows[position - 1] : nil }
        guard model.selection == row else { return }
        if model.isReaderOpen, model.departed == nil { model.departed = (article, how) }
        let rows = model.list.rows
        model.selection = rows.isEmpty ? nil : rows[max(position - 1, 0)]
    }
}
