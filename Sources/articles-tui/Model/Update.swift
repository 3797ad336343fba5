import Core

/// What events make of the model. Pure: the outside is only asked for, by effects.
enum Update {
    static func apply(_ events: some Sequence<Event>, to model: inout Model) -> [Effect] {
        for event in events { apply(event, &model) }
        model.settle()
        askForBody(&model)
        defer { model.asked = [] }
        return model.asked
    }

    private static func apply(_ event: Event, _ model: inout Model) {
        switch event {
        case .feed(let update):
            apply(update, to: &model)
        case .resized(let size):
            model.size = size
            model.settle()
        case .key(let key):
            // Keys act on what is seen, the feed's events before them included.
            model.settle()
            press(key, &model)
            model.settle()
        case .mouse(let mouse):
            model.settle()
            apply(mouse, &model)
            model.settle()
        case .page(let request, let answer):
            take(answer, to: request, &model)
        case .day(let request, let answer):
            takeDay(answer, to: request, &model)
        case .body(let article):
            model.loadingBody = nil
            if model.list[article.id] != nil { _ = model.list.store(article) }
        case .noBody(let id, let reason):
            model.loadingBody = nil
            model.bodyFailure = (id, reason)
        case .found(let text, let articles, let isAll):
            take(articles, foundFor: text, isAll: isAll, &model)
        case .outbox(let entries):
            model.outbox = entries
            if model.menu?.kind == .outbox { openOutbox(&model) }
        case .topics(let topics):
            model.knownTopics = topics
            if model.menu?.kind == .topics { openTopics(&model) }
        case .opened(let source, let kept):
            open(source, kept, &model)
        case .notice(let text):
            model.notice = text
        case .theme(let name):
            model.notice = "theme \(name)"
        case .mouseUse(let isUsed):
            model.usesMouse = isUsed
        }
    }

    /// Another server takes the place of the one before; what the user set stays.
    private static func open(_ source: Source, _ kept: KeptState, _ model: inout Model) {
        let typed = model.typed
        let today = model.today
        model = Model(
            source: source, appearance: model.appearance, size: model.size, keys: model.keys,
            usesMouse: model.usesMouse, isFollowing: model.isFollowing, kept: kept)
        model.typed = typed
        model.today = today
    }

    /// Asks for the body of what the reading pane is about, once.
    private static func askForBody(_ model: inout Model) {
        guard model.isReaderVisible, case .loading(let summary) = model.subject, model.loadingBody != summary.id else {
            return
        }
        model.loadingBody = summary.id
        model.ask(.loadBody(id: summary.id, updated: summary.updated))
    }
}
