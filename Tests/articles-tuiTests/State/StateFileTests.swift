import ArticlesClient
import Core
import Foundation
import GRDB
import Testing

@testable import articles_tui

/// A state directory that is gone with the test.
private final class Directory {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("tui-\(UUID().uuidString)").path
    deinit { try? FileManager.default.removeItem(atPath: path) }
}

@Suite struct StateFileTests {
    private let directory = Directory()

    private func open(capacity: Int = 1000, topics: [String] = []) -> (file: StateFile?, problem: String?) {
        StateFile.open(
            directory: directory.path, server: .standard, query: FeedQuery(filter: TopicFilter(topics)),
            capacity: capacity, now: noon, report: { Issue.record("\($0)") })
    }

    private func kept(topics: [String] = []) throws -> KeptState {
        let file = try #require(open(topics: topics).file)
        defer { file.close() }
        return file.keptState(topics: TopicFilter(topics))
    }

    private func cursor(_ seq: Int64) -> Core.Cursor { Core.Cursor(seq: seq, nonce: 1) }

    @Test("articles, place, read marks and outbox outlive the process")
    func outlives() throws {
        let file = try #require(open().file)
        file.note(.snapshot((3...5).map { created(article($0, body: "a\0b")) }))
        file.note(.caughtUp(cursor(5)))
        file.note(.event(created(article(6))))
        file.note(.event(FeedEvent(deleted: 4, cursor: cursor(7))))
        file.keepRead([3, 5, 6], isRead: true)
        file.keepRead([6], isRead: false)
        let entry = OutboxEntry(key: "k", kind: .add, draft: .init(title: "t"))
        file.put(entry)
        file.close()
        let kept = try kept()
        #expect(kept.articles.map(\.id) == [6, 5, 3])
        #expect(kept.articles.last?.body == "a\0b")
        #expect(kept.cursor == cursor(7))
        #expect(kept.completeFrom == 3)
        #expect(kept.read == RangeSet([3..<4, 5..<6]))
        #expect(kept.outbox == [entry])
    }

    @Test("each choice of topics has a place of its own")
    func filters() throws {
        let file = try #require(open().file)
        file.note(.snapshot([created(article(1)), created(article(2, topic: "sport"))]))
        file.note(.caughtUp(cursor(2)))
        file.close()
        #expect(try kept(topics: ["sport"]).cursor == nil)
        #expect(try kept(topics: ["sport"]).articles.isEmpty)
    }

    @Test("two instances write at once, and nothing of either is lost")
    func twoInstances() async throws {
        let first = try #require(open().file)
        let second = try #require(open().file)
        await withTaskGroup(of: Void.self) { group in
            for (file, offset) in [(first, Int64(0)), (second, 1000)] {
                group.addTask {
                    for id in 1...200 {
                        file.keepRead([offset + Int64(id)], isRead: true)
                        file.note(.event(created(article(Int64(id)))))
                        file.put(OutboxEntry(key: "\(offset + Int64(id))", kind: .add, draft: .init(title: "t")))
                    }
                }
            }
        }
        first.close()
        second.close()
        let kept = try kept()
        #expect(kept.read == RangeSet([1..<201, 1001..<1201]))
        #expect(kept.outbox.count == 400)
        #expect(kept.articles.count == 200)
    }

    @Test("the cache is bounded: the oldest go, and what is complete begins later")
    func bounded() throws {
        let file = try #require(open(capacity: 100).file)
        file.note(.snapshot([created(article(1))]))
        for id in 2...500 { file.note(.event(created(article(Int64(id))))) }
        file.close()
        let kept = try kept()
        #expect(kept.completeFrom ?? 0 > 390)
        #expect(kept.articles.count <= 105)
        #expect(kept.articles.first?.id == 500)
    }

    @Test("a damaged file is set aside with a message, and a new one is begun", arguments: [0, 100, 5000])
    func damaged(offset: Int) throws {
        let file = try #require(open().file)
        file.note(.snapshot((1...100).map { created(article($0, body: String(repeating: "x", count: 500))) }))
        file.note(.caughtUp(cursor(100)))
        file.close()
        let path = directory.path + "/" + StateFile.fileName(.standard)
        for suffix in ["-wal", "-shm"] { unlink(path + suffix) }
        var bytes = try #require(FileManager.default.contents(atPath: path))
        bytes.replaceSubrange(offset..<bytes.count, with: Data(repeating: 0x55, count: bytes.count - offset))
        #expect(FileManager.default.createFile(atPath: path, contents: bytes))
        let (anew, problem) = open()
        #expect(problem?.contains("was damaged and is now \(path).damaged-") == true)
        #expect(anew?.keptState(topics: .all).articles.isEmpty == true)
        anew?.close()
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path).contains { $0.contains("damaged") })
        #expect(open().problem == nil)
    }

    @Test("a file of a newer version is left alone")
    func newer() throws {
        let file = try #require(open().file)
        try file.database.write { try $0.execute(sql: "PRAGMA user_version = 99") }
        file.close()
        let (other, problem) = open()
        #expect(other == nil)
        #expect(problem?.contains("newer version") == true)
    }

    @Test("a directory that can't be made is said so")
    func unwritable() {
        let (file, problem) = StateFile.open(
            directory: "/dev/null/articles", server: .standard, query: FeedQuery(), capacity: 1, now: noon,
            report: { _ in })
        #expect(file == nil)
        #expect(problem?.contains("/dev/null/articles can't be made") == true)
    }

    @Test("another history takes the place of what was kept")
    func forked() throws {
        let file = try #require(open().file)
        file.note(.snapshot((1...5).map { created(article($0)) }))
        file.note(.caughtUp(cursor(5)))
        file.note(.reset(reason: .forked))
        file.note(.snapshot([created(article(3, "Another"))]))
        file.note(.caughtUp(cursor(3)))
        file.close()
        let kept = try kept()
        #expect(kept.articles.map(\.title) == ["Another"])
        #expect(kept.completeFrom == 3)
    }

    @Test("what was complete before a trimmed reset is not joined to what comes after")
    func trimmed() throws {
        let file = try #require(open().file)
        file.note(.snapshot((1...5).map { created(article($0)) }))
        file.note(.caughtUp(cursor(5)))
        file.note(.reset(reason: .trimmed))
        file.note(.snapshot((90...95).map { created(article($0)) }))
        file.close()
        #expect(try kept().articles.map(\.id) == Array((90...95).reversed()))
    }

    @Test("pages come from what is complete; the rest only offline, as far as it is there")
    func pages() throws {
        let file = try #require(open().file)
        defer { file.close() }
        file.note(.snapshot((50...60).map { created(article($0)) }))
        file.write()
        #expect(
            file.page(.init(before: 55), topics: .all, isOffline: false)?.articles.map(\.id) == [54, 53, 52, 51, 50])
        #expect(file.page(.init(before: 50), topics: .all, isOffline: false) == nil)
        #expect(file.page(.init(before: 50), topics: .all, isOffline: true)?.failure != nil)
        let older = ArticlePages.Answer(articles: (1...49).reversed().map { article($0) }, isEnd: true)
        file.keep(older, for: .init(before: 50), topics: .all)
        let page = file.page(.init(before: 3), topics: .all, isOffline: false)
        #expect(page?.articles.map(\.id) == [2, 1])
        #expect(page?.isEnd == true)
    }

    @Test("texts are found in titles and bodies")
    func search() throws {
        let file = try #require(open().file)
        defer { file.close() }
        file.note(
            .snapshot([
                created(article(1, "A 100% title")), created(article(2, body: "the KERNEL")), created(article(3)),
            ]))
        file.write()
        #expect(file.search("kernel", topics: []).map(\.id) == [2])
        #expect(file.search("0% t", topics: ["news"]).map(\.id) == [1])
        #expect(file.search("kernel", topics: ["sport"]).isEmpty)
        #expect(file.newest(before: noon, topics: []) == 3)
    }

    @Test(
        "different servers have different files",
        arguments: ["http://a.example", "https://a.example", "http://a.example:81/x"])
    func names(url: String) throws {
        let name = StateFile.fileName(try ServerURL(url))
        #expect(!name.contains("/"))
        #expect(name != StateFile.fileName(.standard))
    }

    // MARK: - Begun from what was kept

    @Test("what was kept is shown before the server has answered, and says so")
    func first() {
        let source = Source(url: .standard, query: FeedQuery(last: 100))
        let kept = KeptState(
            articles: [article(2), article(1)], completeFrom: 1, read: RangeSet([1..<2]), cursor: cursor(2), saved: noon
        )
        var model = Model(
            source: source, appearance: Model.sample().appearance, size: Size(width: 120, height: 10), kept: kept)
        model.today = noon
        #expect(model.lines()[1].hasPrefix(">● ") && model.lines()[2].hasPrefix("   "))
        #expect(model.status.contains("connecting") && model.status.contains("from the cache of 12:00"))
        model.apply(.feed(.state(.live)))
        #expect(!model.status.contains("from the cache"))
    }

    @Test("--offline is offline, and asks nobody but the cache")
    func offline() {
        var source = Source(url: .standard, query: FeedQuery(last: 100))
        source.isOffline = true
        var model = Model(source: source, appearance: Model.sample().appearance, size: Size(width: 100, height: 10))
        #expect(model.status.hasPrefix(" offline  --offline "))
        #expect(model.text.contains("Nothing is in the cache of this"))
        model.enter("/", "x")
        #expect(model.status.contains("/x no match"))
    }
}
