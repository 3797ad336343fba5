import ArticlesClient
import Core
import Testing

@testable import articles_tui

@Suite struct ComposeTests {
    @Test("a, e and d ask for the editor, and for a yes")
    func keys() {
        var model = Model.sample(articles: 2)
        #expect(model.type("a") == [.compose(.add(topic: "news"))])
        let selected = article(2, body: "Body of 2.")
        #expect(model.type("e") == [.compose(.edit(selected))])
        #expect(model.type("d") == [])
        #expect(model.text.contains("Delete \"Title 2\"? y/n"))
        #expect(model.press(.escape) == [])
        #expect(model.status.contains("nothing was changed"))
        #expect(model.type("dy") == [.delete(selected)])
    }

    @Test("a new article begins in the topic that is shown")
    func topic() {
        var model = Model.sample()
        model.apply(snapshot([article(1), article(2, topic: "sport")]))
        model.enter(":", "topic sport")
        #expect(model.type("a") == [.compose(.add(topic: "sport"))])
    }

    @Test("without a token nothing can be written, and it says what helps", arguments: ["a", "e", "d"])
    func noToken(key: String) {
        let source = Source(url: .standard, query: FeedQuery())
        var model = Model(source: source, appearance: Model.sample().appearance, size: Size(width: 120, height: 20))
        model.apply(.feed(.state(.live)), snapshot([article(1)]))
        #expect(model.type(key) == [])
        #expect(model.status.contains("articlesctl login"))
    }

    private static let waiting = OutboxEntry(key: "k1", kind: .add, draft: ArticleDraft(title: "Written offline"))
    private static let refused = OutboxEntry(
        key: "k2", kind: .edit(base: article(7)), draft: ArticleDraft(title: "Changed"), problem: "too long")

    @Test("what waits is shown as such, above the list, and posted when the link is back")
    func outbox() {
        var model = Model.sample(articles: 40, width: 100, height: 20)
        model.apply(.feed(.state(.waiting(attempt: 1, until: instant, reason: "gone"))))
        model.apply(.outbox([Self.waiting, Self.refused]))
        let lines = model.lines()
        #expect(lines[1].hasPrefix("  [waiting] Written offline"))
        #expect(lines[2].hasPrefix("  [not posted] Changed"))
        #expect(lines[3].hasPrefix(">● "))
        #expect(model.status.contains("2 drafts wait"))
        #expect(model.apply(.feed(.state(.live))) == [.post(key: nil)])
        model.apply(.outbox([]))
        #expect(model.lines()[1].hasPrefix(">● "))
    }

    @Test("O lists what waits: to edit, to try, to discard")
    func menu() {
        var model = Model.sample(articles: 1)
        model.type("O")
        #expect(model.status.contains("nothing waits to be posted"))
        model.apply(.outbox([Self.waiting, Self.refused]))
        model.type("O")
        #expect(model.lines()[1].hasPrefix(" Outbox"))
        #expect(model.text.contains("Changed          an edit of #7, not posted: too long"))
        #expect(model.type("r") == [.post(key: "k1")])
        #expect(model.type("j") == [])
        #expect(model.type("d") == [])
        #expect(model.text.contains("Discard \"Changed\"? y/n"))
        #expect(model.type("y") == [.discard(key: "k2")])
        model.apply(.outbox([Self.waiting]))
        #expect(model.press(.enter) == [.compose(.again(Self.waiting))])
        model.type("O")
        model.apply(.outbox([]))
        #expect(model.menu == nil)
    }

    @Test("the outbox does not take the list away, at any size")
    func small() {
        for height in 1...12 {
            var model = Model.sample(articles: 5, width: 40, height: height)
            model.apply(.outbox((1...9).map { OutboxEntry(key: "\($0)", kind: .add, draft: .init(title: "T")) }))
            #expect(model.lines().count == height)
            #expect(height < 4 || model.text.contains("Title 5"))
        }
    }

    // MARK: - The text in the editor

    @Test("a draft comes back from the editor as it went in")
    func text() {
        let draft = ArticleDraft(title: "A title", body: "First line\n\n# not a comment\nlast", topic: "sport")
        #expect(DraftText.draft(DraftText.text(draft), topic: "news") == draft)
    }

    @Test("the title is the first line; topic and scissors may be gone")
    func forms() {
        #expect(DraftText.draft("Title\nBody", topic: "news") == ArticleDraft(title: "Title", body: "Body"))
        #expect(
            DraftText.draft("  Title \r\nTopic:  sport\r\n\r\nBody\r\n\r\n", topic: "news")
                == ArticleDraft(title: "Title", body: "Body", topic: "sport"))
        #expect(DraftText.draft("Only a title", topic: "x") == ArticleDraft(title: "Only a title", topic: "x"))
        #expect(DraftText.draft("\nBody without a title", topic: "news") == nil)
        #expect(DraftText.draft("", topic: "news") == nil)
        #expect(DraftText.draft(DraftText.scissors + "\nx", topic: "news") == nil)
    }

    @Test(
        "what waits is kept as it is",
        arguments: [waiting, refused, .init(key: "k3", kind: .delete(article(9)), draft: .init(title: "t"))])
    func kept(entry: OutboxEntry) {
        #expect(OutboxEntry(key: entry.key, json: entry.json) == entry)
        #expect(OutboxEntry(key: "x", json: Array("{}".utf8)) == nil)
        #expect(OutboxEntry(key: "x", json: [0xFF]) == nil)
    }
}
