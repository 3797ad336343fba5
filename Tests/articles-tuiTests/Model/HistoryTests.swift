import ArticlesClient
import Core
import Testing

@testable import articles_tui

@Suite struct HistoryTests {
    /// Articles 101 to 110, of a server that has older ones.
    private static func model(height: Int = 8) -> Model {
        var model = Model.sample(width: 60, height: height, last: 10)
        model.apply(snapshot((101...110).map { article($0) }))
        return model
    }

    private static func page(_ range: ClosedRange<Int64>, isEnd: Bool = false) -> ArticlePages.Answer {
        .init(articles: range.reversed().map { article($0) }, isEnd: isEnd)
    }

    @Test("scrolling towards older articles asks for them once, and only when they are near")
    func near() {
        var model = Self.model()
        #expect(model.type("jj") == [])
        #expect(model.type("jj") == [.loadPage(.init(before: 101))])
        #expect(model.type("jj") == [])
        #expect(model.text.contains("loading older"))
        model.apply(.page(.init(before: 101), Self.page(51...100)))
        #expect(model.list.count == 60)
        #expect(model.selectedID == 104)
        #expect(!model.text.contains("loading older"))
        #expect(model.press(.end) == [.loadPage(.init(before: 51))])
        model.apply(.page(.init(before: 51), Self.page(1...50, isEnd: true)))
        #expect(model.press(.end) == [])
        #expect(model.selectedID == 1)
    }

    @Test("what there is at the beginning is known to be all when there is less than was asked for")
    func complete() {
        var model = Model.sample(articles: 5)
        #expect(model.type("G") == [])
    }

    @Test("a page that could not be had is said so, and tried again when the link is back")
    func failure() {
        var model = Self.model()
        model.type("G")
        model.apply(.page(.init(before: 101), .init(failure: "nothing is listening there")))
        #expect(model.notice?.contains("nothing is listening there") == true)
        #expect(model.type("G") == [])
        model.apply(.feed(.state(.live)))
        #expect(model.type("G") == [.loadPage(.init(before: 101))])
    }

    @Test("a hole between what a search found and the rest is marked, and filled from where one comes")
    func holes() {
        var model = Self.model(height: 20)
        model.enter("/", "old")
        model.apply(.found(text: "old", articles: [article(40, "Old one")], isAll: true))
        #expect(model.selectedID == 40)
        #expect(model.lines()[10].hasPrefix("┊● "))
        #expect(model.type("k") == [.loadPage(.init(after: 40))])
        model.apply(.page(.init(after: 40), .init(articles: (41...100).reversed().map { article($0) }, isEnd: false)))
        model.apply(.page(.init(after: 100), .init(articles: (101...110).reversed().map { article($0) }, isEnd: true)))
        #expect(model.list.count == 71)
        #expect(!model.text.contains("┊"))
    }

    @Test("what a reset left out can be loaded")
    func reset() {
        var model = Model.sample(width: 60, height: 20, last: 2)
        model.apply(snapshot([article(1), article(2)]))
        model.apply(.feed(.reset(reason: .trimmed)), snapshot([article(8), article(9)]))
        #expect(model.lines()[2].hasPrefix("┊"))
        #expect(model.type("j") == [.loadPage(.init(before: 8))])
        model.apply(.page(.init(before: 8), Self.page(1...7, isEnd: true)))
        #expect(model.rows.filter { $0.gap == nil }.map(\.id) == Array(1...9))
        #expect(!model.text.contains("┊"))
        #expect(model.text.contains("gap: older articles could not be replayed"))
    }

    @Test("a topic has pages of its own")
    func topic() {
        var model = Self.model()
        model.apply(arrival(111, topic: "sport"), arrival(112, topic: "sport"))
        model.enter(":", "topic sport")
        #expect(model.type("j") == [.loadPage(.init(topic: "sport", before: 111))])
        model.apply(
            .page(
                .init(topic: "sport", before: 111),
                .init(articles: [article(60, topic: "sport"), article(50, topic: "sport")], isEnd: true)))
        #expect(model.rows.map(\.id) == [50, 60, 111, 112])
        #expect(model.press(.end) == [])
        #expect(!model.text.contains("┊"))
    }

    @Test("a full list loads nothing more")
    func full() {
        var list = ArticleList(capacity: 10)
        for id in 1...10 { _ = list.store(article(Int64(id))) }
        #expect(list.isFull)
    }

    // MARK: - A day

    @Test("D goes to a day: what is loaded at once, else through the server")
    func day() {
        var model = Self.model(height: 20)
        // Ten articles a second apart, the newest at 11:01:50 of 2026-11-23.
        #expect(model.enter("D", "today") == [])
        #expect(model.selectedID == 110)
        let day = Day("2026-11-20", today: noon, timeZone: model.appearance.timeZone)!
        #expect(model.enter("D", "2026-11-20") == [.findDay(day, topic: nil)])
        let old = article(42, "Of that day", published: Timestamp("2026-11-20T18:00:00Z"))
        model.apply(.day(.init(before: 43), .init(articles: [old], isEnd: false)))
        #expect(model.selectedID == 42)
        model.enter("D", "1999-01-01")
        model.apply(.day(.init(), .init()))
        #expect(model.status.contains("there is nothing as old as that"))
    }

    @Test(
        "days can be written as people do",
        arguments: [
            ("2026-11-01", "2026-11-01"), ("today", "2026-11-23"), ("Yesterday", "2026-11-22"), ("-7", "2026-11-16"),
            ("2-28", "2026-02-28"), (" 2024-02-29 ", "2024-02-29"),
        ])
    func days(text: String, name: String) {
        let zone = Model.sample().appearance.timeZone
        #expect(Day(text, today: noon, timeZone: zone)?.name == name)
        #expect(Day(name, today: noon, timeZone: zone)?.end.milliseconds.isMultiple(of: 86_400_000) == true)
    }

    @Test(
        "what is no day is refused",
        arguments: ["2026-02-30", "tomorrow", "1-2-3-4", "13-1", "", "-", "--7", "-x", "0-0-0"])
    func noDays(text: String) {
        #expect(Day(text, today: noon, timeZone: Model.sample().appearance.timeZone) == nil)
        var model = Self.model()
        model.enter("D", text)
        #expect(text.isEmpty || model.status.contains("is no day such as"))
    }
}

@Suite struct CoverageTests {
    @Test("stretches that touch become one, in order")
    func merge() {
        var coverage = Coverage()
        coverage.insert(50...60)
        coverage.insert(10...20)
        coverage.insert(30...40)
        #expect(coverage.ranges == [10...20, 30...40, 50...60])
        coverage.insert(20...30)
        #expect(coverage.ranges == [10...40, 50...60])
        coverage.extend(to: 70)
        #expect(coverage.covers(55, 70))
        #expect(!coverage.covers(40, 50))
        coverage.insert(0...100)
        #expect(coverage.ranges == [0...100])
        coverage.trim(below: 30)
        #expect(coverage.ranges == [30...100])
    }
}
