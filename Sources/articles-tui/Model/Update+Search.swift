import Core

/// Searching.
extension Update {
    static func search(_ text: String, _ model: inout Model) {
        guard !text.isEmpty else {
            if model.search != nil { selectMatch(&model, isOlder: true) }
            return
        }
        var search = Search(text)
        if model.source.isOffline { search.progress = .failed("offline") }
        model.search = search
        model.findMatches()
        if let first = model.search?.matches.last {
            model.search?.isSettled = true
            select(first, &model)
        }
        // Asked for even offline: the cache may know more than is loaded.
        model.ask(.search(text: text, topic: model.view.topic))
    }

    static func take(_ articles: [Article], foundFor text: String, isAll: Bool, _ model: inout Model) {
        guard model.search?.text == text else { return }
        model.search?.progress = .done(isAll: isAll)
        model.search?.found.formUnion(articles.map(\.id))
        for article in articles { store(article, &model) }
        model.findMatches()
        guard let search = model.search, !search.isSettled, let first = search.matches.last else { return }
        model.search?.isSettled = true
        select(first, &model)
    }

    static func selectMatch(_ model: inout Model, isOlder: Bool) {
        guard let search = model.search, !search.matches.isEmpty else {
            model.notice = model.search == nil ? "nothing is being searched for" : "no match"
            return
        }
        let matches = search.matches
        let position = model.selection.map { matches.position(of: $0) } ?? matches.count
        let isMatch = position < matches.count && matches[position] == model.selection
        let target = isOlder ? position - 1 : isMatch ? position + 1 : position
        guard matches.indices.contains(target) else {
            model.notice = isOlder ? "no older match" : "no newer match"
            return
        }
        select(matches[target], &model)
        if model.focus == .reader { markRead([matches[target].id], true, &model) }
    }

    // MARK: - Views

    static func show(_ view: ListView, _ model: inout Model) {
        guard view != model.view else { return }
        let wasAtNewest = model.isAtNewest
        model.view = view
        model.departed = nil
        model.refilter()
        if wasAtNewest, model.focus == .list {
            model.top = nil
            select(model.rows.last, &model)
        }
        if model.rows.isEmpty { askForPage(&model, isOlder: true) }
    }

    static func show(topic: String?, _ model: inout Model) {
        var view = model.view
        view.topic = topic
        show(view, &model)
    }

    static func showNextTab(_ model: inout Model, by step: Int) {
        let tabs: [String?] = [nil] + model.tabs
        let current = tabs.firstIndex(of: model.view.topic) ?? 0
        show(topic: tabs[(current + step + tabs.count) % tabs.count], &model)
    }
}
