import ArticlesClient
import Core

/// The line at the top: where this is, the topics as tabs, and the counts.
extension Screen {
    private static let leastWidthForCounts = 60

    var header: StyledLine {
        let width = layout.size.width
        let style: Style = [.bar, .bold]
        let counts = width >= Self.leastWidthForCounts ? " " + CountsText.of(model) + " " : ""
        let room = width - DisplayWidth.of(counts)
        let tabs = Tabs(model: model)
        var line = StyledLine(fitted(tabs.title, to: min(DisplayWidth.of(tabs.title), room)), style)
        for tab in tabs.shown(room: room - DisplayWidth.of(line.text)) {
            let isCurrent = tab.topic == (model.view.topic ?? "")
            line = line + StyledLine(tab.label, isCurrent ? [.bar, .bold, .accent] : .bar)
        }
        let left = room - DisplayWidth.of(line.text)
        return line + StyledLine(TextLayout.blanks(left), .bar) + StyledLine(counts, .bar)
    }

    /// The topics in the header, each with its unread articles.
    struct Tabs {
        struct Tab {
            /// Empty for all.
            let topic: String
            let label: String
        }

        let model: Model

        /// What stands before them.
        var title: String {
            let topics = all.count > 1 ? "" : TopicsText.of(model.source.query.filter) + " "
            if model.layout.size.width < Screen.leastWidthForCounts, all.count > 1 { return " " }
            return " Articles  \(model.source.name ?? model.source.server)  \(topics)"
        }

        private var all: [Tab] {
            let topics = model.tabs
            guard topics.count > 1 || model.view.topic != nil else { return [] }
            let current = model.view.topic
            let more = current.map { topics.contains($0) ? [] : [$0] } ?? []
            return [tab("", "all", model.list.unread.count)]
                + (topics + more).map { tab($0, $0, model.list.topics[$0]?.unread ?? 0) }
        }

        private func tab(_ topic: String, _ name: String, _ unread: Int) -> Tab {
            let isCurrent = topic == (model.view.topic ?? "")
            let text = TerminalText.line(name) + (unread > 0 ? " \(unread)" : "")
            return Tab(topic: topic, label: isCurrent ? "[\(text)]" : " \(text) ")
        }

        /// As many as there is room for; the current one is among them.
        func shown(room: Int) -> [Tab] {
            var tabs = all[...]
            let ellipsis = Tab(topic: "", label: model.appearance.symbols.ellipsis)
            func width(_ tabs: ArraySlice<Tab>) -> Int { tabs.reduce(0) { $0 + DisplayWidth.of($1.label) } }
            guard width(tabs) > room else { return Array(tabs) }
            let current = model.view.topic ?? ""
            while width(tabs) > room - 2 * DisplayWidth.of(ellipsis.label), tabs.count > 1 {
                if tabs.last?.topic != current { tabs.removeLast() } else { tabs.removeFirst() }
            }
            guard width(tabs) <= room - 2 * DisplayWidth.of(ellipsis.label) else { return [] }
            let isCutLeft = tabs.first?.topic != all.first?.topic
            let isCutRight = tabs.last?.topic != all.last?.topic
            return (isCutLeft ? [ellipsis] : []) + tabs + (isCutRight ? [ellipsis] : [])
        }

        /// The topic whose tab is in a column; empty for all.
        func topic(at column: Int) -> String? {
            let width = model.layout.size.width
            let counts = width >= Screen.leastWidthForCounts ? DisplayWidth.of(CountsText.of(model)) + 2 : 0
            var start = min(DisplayWidth.of(title), width - counts)
            for tab in shown(room: width - counts - start) {
                let end = start + DisplayWidth.of(tab.label)
                if (start..<end).contains(column) { return tab.topic }
                start = end
            }
            return nil
        }
    }
}
