import Core
import Testing

@testable import articles_tui

@Suite struct ArticleListTests {
    private func list(_ ids: Int64..., capacity: Int = 1000) -> ArticleList {
        var list = ArticleList(capacity: capacity)
        for id in ids { _ = list.store(article(id)) }
        return list
    }

    @Test("articles are in the order of their ids, however they come")
    func order() {
        #expect(list(3, 1, 9, 2).rows.map(\.id) == [1, 2, 3, 9])
    }

    @Test("an article that is known changes in place and is marked; one that is the same is not")
    func change() {
        var list = list(1, 2)
        #expect(list.store(article(1)) == .unchanged)
        #expect(list.edited.isEmpty)
        #expect(list.store(article(1, "Other")) == .changed)
        #expect(list.edited == [1])
        #expect(list.rows.count == 2)
        #expect(list[1]?.title == "Other")
    }

    @Test("a gap lies behind the newest article, and what comes is newer")
    func gap() {
        var list = list(1, 2)
        list.appendGap(.trimmed)
        _ = list.store(article(5))
        _ = list.store(article(1))
        #expect(list.rows == [.article(1), .article(2), Row(id: 2, gap: .trimmed), .article(5)])
        #expect(list.rows.count(newerThan: 1) == 2)
    }

    @Test("two gaps in one place are one")
    func twoGaps() {
        var list = list(1)
        list.appendGap(.trimmed)
        list.appendGap(.forked)
        #expect(list.rows == [.article(1), Row(id: 1, gap: .forked)])
    }

    @Test("removing forgets everything")
    func remove() {
        var list = list(1, 2, 3)
        #expect(list.remove(2)?.id == 2)
        #expect(list.remove(2) == nil)
        #expect(list.rows.map(\.id) == [1, 3])
        #expect(list.unread == [1, 3])
        #expect(list.count == 2)
    }

    @Test("the list is bounded: the oldest go")
    func capacity() {
        var list = ArticleList(capacity: 100)
        for id in 1...250 { _ = list.store(article(Int64(id))) }
        #expect(list.count <= 100)
        #expect(list.rows.count == list.count)
        #expect(list.unread.count == list.count)
        #expect(list.rows.last?.id == 250)
        #expect(list.rows.map(\.id) == Array(list.rows[0].id...250))
    }
}
