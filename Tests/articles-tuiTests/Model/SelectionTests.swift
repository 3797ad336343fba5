import Testing

@testable import articles_tui

@Suite("The selection sticks to the article")
struct SelectionTests {
    @Test("at first the newest is selected")
    func first() {
        #expect(Model.sample(articles: 3).selectedID == 3)
    }

    @Test("arrivals move neither the selection nor the reading pane")
    func arrivals() {
        var model = Model.sample(articles: 3)
        model.type("j")
        let reader = model.reader.lines
        model.apply(arrival(4), arrival(5))
        #expect(model.selectedID == 2)
        #expect(model.reader.lines == reader)
        #expect(model.newCount == 2)
        #expect(model.text.contains("5 articles, 5 unread, 2 new"))
    }

    @Test("an article that is being read stays where it is scrolled to")
    func reading() {
        var model = Model.sample(height: 10)
        model.apply(snapshot([article(1, body: (1...60).map { "line \($0)" }.joined(separator: "\n"))]))
        model.press(.enter, .pageDown, .character("j"))
        let offset = model.readerOffset
        #expect(offset > 1)
        model.apply(arrival(2), arrival(3))
        #expect(model.readerOffset == offset)
        #expect(model.selectedID == 1)
    }

    @Test("going to the newest takes note of the new ones")
    func newest() {
        var model = Model.sample(articles: 3)
        model.type("j")
        model.apply(arrival(4))
        model.type("g")
        #expect(model.selectedID == 4)
        #expect(model.newCount == 0)
    }

    @Test("a list that is scrolled does not move when articles arrive")
    func scrolled() {
        var model = Model.sample(articles: 100, height: 12)
        model.type("G")
        model.type("kkk")
        let before = model.lines()[1...10].map { $0.prefix(50) }
        model.apply(arrival(101), arrival(102))
        #expect(model.lines()[1...10].map { $0.prefix(50) } == before)
    }

    @Test("a list that shows the newest goes on showing them, and the selection stays in sight")
    func top() {
        var model = Model.sample(articles: 3, height: 8)
        model.type("F")
        for id in 4...30 { model.apply(arrival(Int64(id))) }
        #expect(model.selectedID == 3)
        #expect(model.lines().contains { $0.hasPrefix(">") && $0.contains("Title 3 ") })
    }

    @Test("following selects what arrives, as long as the newest is selected")
    func following() {
        var model = Model.sample(articles: 3)
        model.apply(arrival(4))
        #expect(model.selectedID == 4)
        #expect(model.newCount == 0)
        #expect(model.text.contains("following"))
        model.type("j")
        model.apply(arrival(5))
        #expect(model.selectedID == 3)
        #expect(model.newCount == 1)
        #expect(model.text.contains("following paused"))
        model.type("g")
        model.apply(arrival(6))
        #expect(model.selectedID == 6)
        model.type("F")
        model.apply(arrival(7))
        #expect(model.selectedID == 6)
    }

    @Test("following goes to the newest when it is turned on")
    func turnedOn() {
        var model = Model.sample(articles: 5)
        model.type("FjjF")
        #expect(model.selectedID == 5)
    }

    @Test("following does not take away an article that is being read")
    func followingWhileReading() {
        var model = Model.sample(articles: 3)
        model.type("l")
        model.apply(arrival(4))
        #expect(model.selectedID == 3)
    }
}
