import ArticlesClient
import Core
import Testing

@testable import articles_tui

@Suite struct FeedTests {
    @Test("a snapshot after a reconnect neither doubles nor loses anything")
    func merge() {
        var model = Model.sample(articles: 5)
        model.type("jj")
        model.apply(.feed(.reset(reason: .trimmed)), snapshot((4...8).map { article($0, body: "Body of \($0).") }))
        #expect(model.list.rows.filter { $0.gap == nil }.map(\.id) == [4, 5, 6, 7, 8])
        #expect(model.list.edited.isEmpty)
    }

    @Test("what a snapshot does not have any more leaves; older articles than it reaches stay")
    func ghosts() {
        var model = Model.sample(last: 3)
        model.apply(snapshot([article(1), article(2), article(3)]), arrival(4), arrival(5))
        model.apply(.feed(.reset(reason: .forked)), snapshot([article(3), article(5), article(6)]))
        #expect(model.list.rows.filter { $0.gap == nil }.map(\.id) == [1, 2, 3, 5, 6])
    }

    @Test("a reset is a marked line between what was there and what comes")
    func reset() {
        var model = Model.sample(last: 2)
        model.apply(snapshot([article(1), article(2)]))
        model.apply(.feed(.reset(reason: .trimmed)), snapshot([article(8), article(9)]))
        let lines = model.lines()
        #expect(lines[1].contains("Title 9"))
        #expect(lines[2].contains("Title 8"))
        #expect(lines[3].contains("— gap: older articles could not be replayed —"))
        #expect(lines[4].contains("Title 2"))
    }

    @Test("a gap can be selected, and is explained")
    func gapSelected() {
        var model = Model.sample(width: 120)
        model.apply(snapshot([article(1)]), .feed(.reset(reason: .forked)))
        model.type("g")
        #expect(model.text.contains("There may be a gap here"))
        model.press(.enter)
        #expect(model.focus == .list)
    }

    @Test("a deleted article leaves the list, and its neighbour is selected")
    func deleted() {
        var model = Model.sample(articles: 3, width: 60, height: 10)
        model.type("j")
        model.apply(deletion(2))
        #expect(!model.text.contains("Title 2"))
        #expect(model.selectedID == 1)
    }

    @Test("the pane goes on showing a deleted article and says so, until the user goes elsewhere")
    func openDeleted() {
        var model = Model.sample(articles: 3)
        model.type("jl")
        model.apply(deletion(2), arrival(4))
        #expect(model.text.contains("This article was deleted."))
        #expect(model.text.contains("Body of 2."))
        #expect(model.text.contains("article deleted"))
        model.type("h")
        #expect(!model.text.contains("deleted"))
        #expect(model.text.contains("Body of 1."))
    }

    @Test("a deleted article can be scrolled to its end")
    func scrollDeleted() {
        var model = Model.sample(height: 10)
        model.apply(snapshot([article(1), article(2, body: (1...60).map { "line \($0)" }.joined(separator: "\n"))]))
        model.press(.enter, .tab)
        model.apply(deletion(2))
        model.press(.tab, .end)
        #expect(model.text.contains("line 60"))
        #expect(model.list.unread == [1])
    }

    @Test("an edited article changes where it is, with a mark")
    func edited() {
        var model = Model.sample(articles: 3)
        model.apply(edit(article(2, "Better title", body: "Better body.")))
        #expect(model.lines()[2].contains("Better title [edited] "))
        model.type("j")
        #expect(model.text.contains("Better body."))
        #expect(model.text.contains("edited 2026-11-23 12:00"))
        #expect(model.list.count == 3)
    }

    @Test("the mark of an edit is seen behind a long title, too")
    func longEdited() {
        var model = Model.sample(articles: 1, width: 60)
        model.apply(edit(article(1, String(repeating: "long ", count: 40))))
        #expect(model.lines()[1].hasSuffix("… [edited]"))
    }

    @Test("an article that moves to a topic not asked for leaves; one that moves in comes")
    func moved() {
        var model = Model.sample(topics: ["news"])
        model.apply(snapshot([article(1), article(2)]))
        model.press(.enter)
        model.apply(edit(article(2, topic: "sport")))
        #expect(model.list.rows == [.article(1)])
        #expect(model.text.contains("This article moved to the topic sport"))
        model.apply(edit(article(2)))
        #expect(model.list.rows == [.article(1), .article(2)])
    }

    @Test("nothing is left when everything is deleted")
    func allDeleted() {
        var model = Model.sample(articles: 2, width: 40, height: 10)
        model.apply(deletion(1), deletion(2))
        #expect(model.selection == nil)
        #expect(model.text.contains("No articles yet."))
        model.type("jkGglhnprF?quu[]NPyo|")
        model.press(.tab, .enter, .escape)
    }
}
