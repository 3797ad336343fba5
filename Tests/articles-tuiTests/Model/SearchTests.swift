import Core
import Testing

@testable import articles_tui

@Suite struct SearchTests {
    private static func model() -> Model {
        var model = Model.sample(width: 120, height: 30)
        model.apply(
            snapshot((1...12).map { article($0, $0 % 4 == 0 ? "Kernel \($0)" : "Other \($0)", body: "Body \($0).") }))
        return model
    }

    @Test("/text Enter selects the first match, counts, and asks the server")
    func first() {
        var model = Self.model()
        #expect(model.enter("/", "KERNEL") == [.search(text: "KERNEL", topic: nil)])
        #expect(model.selectedID == 12)
        #expect(model.status.contains("/KERNEL 1 of 3, asking the server"))
        model.type("N")
        #expect(model.status.contains("/KERNEL 2 of 3"))
        #expect(model.selectedID == 8)
        model.type("NN")
        #expect(model.status.contains("no older match"))
        model.type("PPP")
        #expect(model.selectedID == 12)
        #expect(model.status.contains("no newer match"))
    }

    @Test("what is typed stands above the status line, which goes on telling the truth")
    func prompt() {
        var model = Self.model()
        model.type("/ker")
        #expect(model.lines()[28].hasPrefix(" /ker "))
        #expect(model.status.hasPrefix(" live "))
        model.press(.backspace)
        #expect(model.lines()[28].hasPrefix(" /ke "))
        model.press(.escape)
        #expect(!model.text.contains("/ke"))
    }

    @Test("what the server finds is listed where it belongs and counted")
    func found() {
        var model = Self.model()
        model.enter("/", "kernel")
        let old = article(3, "Other 3", body: "about the kernel")
        model.apply(.found(text: "kernel", articles: [article(12, "Kernel 12", body: "Body 12."), old], isAll: true))
        #expect(model.status.contains("/kernel 1 of 4 "))
        #expect(model.selectedID == 12)
        model.type("NNN")
        #expect(model.selectedID == 3)
        #expect(model.list.count == 12)
    }

    @Test("with no match at hand the server's first is selected, unless the user has gone elsewhere")
    func late() {
        var model = Self.model()
        model.enter("/", "nowhere")
        #expect(model.status.contains("/nowhere asking the server"))
        var moved = model
        let found = Event.found(text: "nowhere", articles: [article(5, "Nowhere to go")], isAll: false)
        model.apply(found)
        #expect(model.selectedID == 5)
        #expect(model.status.contains("/nowhere 1 of 1+"))
        moved.type("j")
        moved.apply(found)
        #expect(moved.selectedID == 11)
        #expect(moved.status.contains("/nowhere 1+ match"))
    }

    @Test("an answer to a search from before changes nothing")
    func outdated() {
        var model = Self.model()
        model.enter("/", "one")
        model.enter("/", "kernel")
        model.apply(.found(text: "one", articles: [article(99, "one")], isAll: true))
        #expect(model.list.count == 12)
    }

    @Test("matches that arrive are counted, those that leave are not")
    func live() {
        var model = Self.model()
        model.enter("/", "kernel")
        model.apply(arrival(13, "A kernel again"))
        #expect(model.status.contains("2 of 4"))
        model.apply(deletion(4))
        #expect(model.status.contains("2 of 3"))
    }

    @Test("matches are marked in the list and in the article")
    func marks() {
        var model = Self.model()
        model.apply(arrival(14, "The kernel", body: "A kernel is a Kernel."))
        model.enter("/", "kernel")
        let lines = Screen(model: model, now: instant, today: noon).lines()
        let marked = lines.flatMap(\.runs).filter { $0.style.contains(.match) }.map(\.text)
        #expect(marked.filter { $0 == "kernel" }.count == 3)
        #expect(marked.filter { $0 == "Kernel" }.count == 4)
    }

    @Test("Esc ends a search")
    func ends() {
        var model = Self.model()
        model.enter("/", "kernel")
        model.press(.escape)
        #expect(model.search == nil)
        #expect(!model.text.contains("1 of 3"))
    }
}

@Suite struct FilterTests {
    @Test("f lists what has a text as it is typed; ! what has not")
    func live() {
        var model = Model.sample(width: 60, height: 12)
        model.apply(snapshot([article(1, "Apples"), article(2, "Pears"), article(3, "More apples")]))
        model.type("fapp")
        #expect(model.rows.map(\.id) == [1, 3])
        #expect(model.text.contains("2 of 3 articles"))
        model.press(.enter)
        model.apply(arrival(4, "Apple pie"), arrival(5, "Plums"))
        #expect(model.rows.map(\.id) == [1, 3, 4])
        model.type("f")
        model.press(.control("u"))
        model.type("!app")
        #expect(model.rows.map(\.id) == [2, 5])
        model.press(.escape)
        #expect(model.rows.map(\.id) == [1, 2, 3, 4, 5])
    }

    @Test("what has no match says so")
    func none() {
        var model = Model.sample(articles: 3, width: 60, height: 12)
        model.enter("f", "nothing\u{1B}")
        #expect(model.text.contains("No article has \"nothing␛\"."))
        #expect(model.selection == nil)
        model.press(.escape)
        #expect(model.selectedID == 3)
    }

    @Test("the selection stays on the article where the filter shows it")
    func selection() {
        var model = Model.sample(articles: 30, width: 60, height: 12)
        model.type("jjjjj")
        model.enter("f", "Title 2")
        #expect(model.selectedID == 25)
        model.press(.escape)
        #expect(model.selectedID == 25)
    }

    @Test("u lists unread ones; what is read there stays until one leaves")
    func unread() {
        var model = Model.sample(articles: 4, width: 60, height: 12)
        model.type("jru")
        #expect(model.rows.map(\.id) == [1, 2, 4])
        #expect(model.text.contains("unread only"))
        model.type("r")
        #expect(model.rows.map(\.id) == [1, 2, 4])
        model.type("uu")
        #expect(model.rows.count == 2)
        model.apply(arrival(5))
        #expect(model.rows.last?.id == 5)
    }

    @Test("R asks before it marks all that is listed as read")
    func markAll() {
        var model = Model.sample(articles: 3)
        model.type("R")
        #expect(model.text.contains("Mark 3 articles as read? y/n"))
        #expect(model.type("n") == [])
        #expect(model.list.unread.count == 3)
        #expect(model.type("Ry") == [.keepRead([1, 2, 3], isRead: true)])
        #expect(model.list.unread.isEmpty)
    }
}

@Suite struct TopicTests {
    private static func model(topics: [String] = []) -> Model {
        var model = Model.sample(topics: topics)
        model.apply(
            snapshot((1...9).map { article($0, topic: ["news", "sport", "art"][Int($0) % 3]) }))
        return model
    }

    @Test("topics are tabs with the number of their unread articles")
    func tabs() {
        var model = Self.model()
        #expect(model.lines()[0].hasPrefix(" Articles  http://news.example  [all 9] art 3  news 3  sport 3 "))
        model.type("]")
        #expect(model.lines()[0].contains(" all 9 [art 3] news 3 "))
        #expect(model.rows.map(\.id) == [2, 5, 8])
        #expect(model.selectedID == 8)
        model.press(.enter)
        #expect(model.lines()[0].contains("[art 2]"))
        model.press(.escape)
        model.type("[[")
        #expect(model.lines()[0].contains("[sport 3]"))
        model.type("1")
        #expect(model.lines()[0].contains("[all 8]"))
        model.type("3")
        #expect(model.view.topic == "news")
    }

    @Test("topics of the command line have the tabs in their order")
    func asked() {
        #expect(Self.model(topics: ["sport", "art", "news"]).lines()[0].contains("[all 9] sport 3  art 3  news 3 "))
    }

    @Test("t lists them, with those that only the server knows")
    func menu() {
        var model = Self.model()
        #expect(model.type("t") == [.loadTopics])
        model.apply(.topics(["sport", "weather"]))
        #expect(model.lines()[1].hasPrefix(" Topics"))
        #expect(model.text.contains("> all topics"))
        #expect(model.text.contains("weather     not loaded yet"))
        model.type("jjj")
        model.press(.enter)
        #expect(model.view.topic == "sport")
        model.type("tG")
        #expect(model.press(.enter) == [.loadPage(.init(topic: "weather"))])
        model.apply(.page(.init(topic: "weather"), .init(articles: [article(4, topic: "weather")], isEnd: true)))
        #expect(model.rows.map(\.id) == [4])
    }

    @Test("a click on a tab shows its topic")
    func click() {
        var model = Self.model()
        model.click(44, 0)
        #expect(model.view.topic == "art")
        model.click(35, 0)
        #expect(model.view.topic == nil)
    }

    @Test("an article that moves to another topic changes the tab")
    func moves() {
        var model = Self.model()
        model.type("]")
        model.apply(edit(article(5, topic: "sport")))
        #expect(model.rows.map(\.id) == [2, 8])
        #expect(model.lines()[0].contains("sport 4"))
        model.apply(deletion(8))
        #expect(model.rows.map(\.id) == [2])
    }

    @Test("the current tab is in sight where there is no room for all")
    func narrow() {
        var model = Model.sample(width: 40, height: 10)
        model.apply(snapshot((1...20).map { article($0, topic: "topic-\($0)") }))
        for _ in 1...12 { model.type("]") }
        let topic = model.view.topic ?? ""
        #expect(model.lines()[0].contains("[\(topic) 1]"))
        #expect(model.lines()[0].hasPrefix(" …"))
    }
}
