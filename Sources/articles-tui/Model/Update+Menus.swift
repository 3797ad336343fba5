import Core

/// Menus: topics, servers, and what waits to be posted.
extension Update {
    static func openTopics(_ model: inout Model) {
        let isNew = model.menu == nil
        let loaded = model.tabs
        let more = model.knownTopics.filter { topic in
            !loaded.contains(topic) && model.source.query.filter.matches(topic)
        }
        let items = (loaded + more.sorted()).map { topic in
            Menu.Item(label: topic, detail: detail(model.list.topics[topic]), value: topic)
        }
        let all = Menu.Item(
            label: "all topics", detail: detail((model.list.count, model.list.unread.count)), value: "")
        open(Menu(kind: .topics, items: [all] + items), selected: model.view.topic ?? "", &model)
        if isNew, !model.source.isOffline { model.ask(.loadTopics) }
    }

    private static func detail(_ counts: (count: Int, unread: Int)?) -> String {
        counts.map { "\($0.count) loaded, \($0.unread) unread" } ?? "not loaded yet"
    }

    static func openServers(_ model: inout Model) {
        guard !model.source.servers.isEmpty else {
            model.notice = "the configuration names no servers: see articles-tui(1)"
            return
        }
        let items = model.source.servers.map { name in
            Menu.Item(label: name, detail: name == model.source.name ? "this one" : "", value: name)
        }
        open(Menu(kind: .servers, items: items), selected: model.source.name ?? "", &model)
    }

    static func openOutbox(_ model: inout Model) {
        guard !model.outbox.isEmpty else {
            if model.menu == nil { model.notice = "nothing waits to be posted" }
            model.menu = nil
            return
        }
        let items = model.outbox.map { Menu.Item(label: $0.draft.title, detail: $0.explanation, value: $0.key) }
        open(Menu(kind: .outbox, items: items), selected: model.menu?.current?.value ?? "", &model)
    }

    private static func open(_ menu: Menu, selected value: String, _ model: inout Model) {
        var menu = menu
        let former = model.menu?.kind == menu.kind ? model.menu?.current?.value : nil
        menu.selected = menu.items.firstIndex { $0.value == former ?? value } ?? 0
        model.menu = menu
    }

    static func choose(_ key: Key, _ model: inout Model) {
        guard let menu = model.menu, let item = menu.current else { return }
        let page = max(model.layout.bodyHeight - 2, 1)
        switch (model.keys.command(key), key) {
        case (.down, _), (_, .down): select(menu.selected + 1, &model)
        case (.up, _), (_, .up): select(menu.selected - 1, &model)
        case (.pageDown, _): select(menu.selected + page, &model)
        case (.pageUp, _): select(menu.selected - page, &model)
        case (.first, _): select(0, &model)
        case (.last, _): select(menu.items.count - 1, &model)
        case (_, .enter): choose(item, &model)
        case (_, .character("d")) where menu.kind == .outbox:
            model.question = model.outbox.first { $0.key == item.value }.map(Question.discard)
        case (_, .character("r")) where menu.kind == .outbox: model.ask(.post(key: item.value))
        default: model.menu = nil
        }
    }

    private static func select(_ index: Int, _ model: inout Model) {
        guard let menu = model.menu else { return }
        model.menu?.selected = max(0, min(index, menu.items.count - 1))
    }

    static func choose(_ item: Menu.Item, _ model: inout Model) {
        guard let kind = model.menu?.kind else { return }
        model.menu = nil
        switch kind {
        case .topics: show(topic: item.value.isEmpty ? nil : item.value, &model)
        case .servers: connect(item.value, &model)
        case .outbox:
            guard let entry = model.outbox.first(where: { $0.key == item.value }) else { return }
            if case .delete = entry.kind {
                model.ask(.post(key: entry.key))
            } else {
                model.ask(.compose(.again(entry)))
            }
        }
    }

    static func connect(_ name: String, _ model: inout Model) {
        guard model.source.servers.contains(name) else {
            model.notice = "the configuration has no server \(name)"
            return
        }
        model.ask(.connect(server: name))
    }
}

extension Menu {
    var current: Item? { items.indices.contains(selected) ? items[selected] : nil }
}
