import Testing

@testable import articles_tui

@Suite struct KeysTests {
    @Test("keys move through the list, newest first, and stop at its ends")
    func list() {
        var model = Model.sample(articles: 100, height: 22)
        model.type("jj")
        model.press(.down)
        #expect(model.selectedID == 97)
        model.type("k")
        model.press(.up)
        #expect(model.selectedID == 99)
        model.press(.pageDown)
        #expect(model.selectedID == 80)
        model.press(.control("d"))
        #expect(model.selectedID == 70)
        model.press(.control("u"), .pageUp)
        #expect(model.selectedID == 99)
        model.type("G")
        #expect(model.selectedID == 1)
        model.type("j")
        #expect(model.selectedID == 1)
        model.press(.home)
        model.type("k")
        #expect(model.selectedID == 100)
    }

    @Test("the same keys move through the article once it is open")
    func reader() {
        var model = Model.sample(height: 12)
        model.apply(snapshot([article(1, body: (1...50).map { "line \($0)" }.joined(separator: "\n"))]))
        model.press(.enter)
        model.type("jj")
        #expect(model.readerOffset == 2)
        model.press(.pageDown)
        #expect(model.readerOffset == 11)
        model.type("G")
        #expect(model.readerOffset == model.reader.lines.count - 10)
        #expect(model.text.contains("http://news.example/articles/1"))
        model.type("jg")
        #expect(model.readerOffset == 0)
        #expect(model.selectedID == 1)
    }

    @Test("opening marks as read, and Esc and h go back", arguments: [Key.escape, .character("h"), .left])
    func openAndBack(key: Key) {
        var model = Model.sample(articles: 2, width: 60, height: 10)
        #expect(!model.text.contains("Body of 2."))
        model.press(.enter)
        #expect(model.text.contains("Body of 2."))
        #expect(model.list.unread == [1])
        model.press(key)
        #expect(!model.text.contains("Body of 2."))
        #expect(model.selectedID == 2)
    }

    @Test("n and p go to the next unread articles, and say when there are none")
    func unread() {
        var model = Model.sample(articles: 6)
        model.type("jr")
        model.type("jjr")
        model.type("g")
        #expect(model.list.unread == [1, 2, 4, 6])
        model.type("n")
        #expect(model.selectedID == 4)
        model.type("n")
        #expect(model.selectedID == 2)
        model.type("p")
        #expect(model.selectedID == 4)
        model.type("nnn")
        #expect(model.selectedID == 1)
        #expect(model.text.contains("no older unread article"))
        model.type("k")
        #expect(!model.text.contains("no older unread article"))
    }

    @Test("n in the article opens the next one")
    func unreadInReader() {
        var model = Model.sample(articles: 3)
        model.press(.enter)
        model.type("n")
        #expect(model.selectedID == 2)
        #expect(model.focus == .reader)
        #expect(model.list.unread == [1])
    }

    @Test("Tab goes to the article and back")
    func tab() {
        var model = Model.sample(articles: 1)
        model.press(.tab)
        #expect(model.focus == .reader)
        model.press(.tab)
        #expect(model.focus == .list)
    }

    @Test("r marks as read and as unread")
    func read() {
        var model = Model.sample(articles: 1)
        model.type("r")
        #expect(model.list.unread.isEmpty)
        #expect(model.lines()[1].hasPrefix(">  "))
        model.type("r")
        #expect(model.lines()[1].hasPrefix(">● "))
    }

    @Test("q quits, Ctrl-L paints anew, and a key without a meaning does nothing")
    func effects() {
        var model = Model.sample(articles: 1)
        #expect(model.type("q") == [.quit])
        #expect(model.press(.control("l")) == [.redraw])
        let before = model.text
        #expect(model.press(.character("Z"), .control("b")) == [])
        #expect(model.text == before)
    }
}

@Suite struct HelpTests {
    @Test("? lists every key under the heading Keys")
    func overlay() {
        var model = Model.sample(articles: 1)
        model.type("?")
        #expect(model.lines()[1] == " Keys" + TextLayout.blanks(115))
        for key in Command.allCases.flatMap(\.standardKeys) { #expect(model.text.contains(" \(key) ")) }
    }

    @Test("?, Esc and q close it without doing anything else", arguments: ["?", "q", "Z"] as [Character])
    func closes(key: Character) {
        var model = Model.sample(articles: 2)
        let before = model.text
        model.type("?")
        #expect(Update.apply([.key(.character(key))], to: &model) == [])
        #expect(model.text == before)
    }

    @Test("every other key closes it and works")
    func works() {
        var model = Model.sample(articles: 2)
        model.type("?j")
        #expect(model.helpOffset == nil)
        #expect(model.selectedID == 1)
    }

    @Test("where it does not fit it can be scrolled to its end")
    func scrolls() {
        var model = Model.sample(articles: 2, width: 40, height: 10)
        model.type("?")
        #expect(!model.text.contains("quit"))
        model.type("jjG")
        #expect(model.text.contains(" q              quit"))
        #expect(model.text.contains(" 1 … 9          a topic; in the art"))
        #expect(model.selectedID == 2)
    }
}
