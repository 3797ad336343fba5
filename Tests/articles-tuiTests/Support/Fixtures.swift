import ArticlesClient
import Core
import Foundation

@testable import articles_tui

/// 2026-11-23T12:00:00Z.
let noon = Timestamp("2026-11-23T12:00:00Z")!
let instant = ContinuousClock.now
let imaginaryServer = (try? ServerURL("http://news.example")) ?? .standard

func article(
    _ id: Int64, _ title: String? = nil, body: String = "", topic: String = "news", published: Timestamp? = nil
) -> Article {
    Article(
        id: id, title: title ?? "Title \(id)", body: body, topic: topic, author: "ada",
        published: published ?? Timestamp(milliseconds: noon.milliseconds - 3_600_000 + id * 1000))
}

func created(_ article: Article) -> FeedEvent {
    FeedEvent(created: article, cursor: Cursor(seq: article.id, nonce: 1))
}

func arrival(_ id: Int64, _ title: String? = nil, body: String = "", topic: String = "news") -> Event {
    .feed(.event(created(article(id, title, body: body, topic: topic))))
}

func edit(_ article: Article) -> Event {
    var article = article
    article.updated = noon
    return .feed(.event(FeedEvent(updated: article, cursor: Cursor(seq: 900, nonce: 1))))
}

func deletion(_ id: Int64) -> Event {
    .feed(.event(FeedEvent(deleted: id, cursor: Cursor(seq: 901, nonce: 1))))
}

func snapshot(_ articles: [Article]) -> Event {
    .feed(.snapshot(articles.map(created)))
}

extension Model {
    /// A viewer of an imaginary server, live.
    static func sample(
        width: Int = 120, height: Int = 40, topics: [String] = [], last: Int = 100, symbols: Symbols = .unicode
    ) -> Model {
        let source = Source(
            url: imaginaryServer, query: FeedQuery(last: last, filter: TopicFilter(topics)),
            canWrite: true, tabs: topics)
        var model = Model(
            source: source, appearance: Appearance(symbols: symbols, timeZone: TimeZone(secondsFromGMT: 0)!),
            size: Size(width: width, height: height))
        model.today = noon
        model.apply(.feed(.state(.live)))
        return model
    }

    /// With articles 1 to `count`, of which the newest is selected.
    static func sample(articles count: Int64, width: Int = 120, height: Int = 40) -> Model {
        var model = sample(width: width, height: height)
        model.apply(snapshot((1...count).map { article($0, body: "Body of \($0).") }))
        return model
    }

    @discardableResult
    mutating func apply(_ events: Event...) -> [Effect] {
        Update.apply(events, to: &self)
    }

    @discardableResult
    mutating func press(_ keys: Key...) -> [Effect] {
        Update.apply(keys.map(Event.key), to: &self)
    }

    /// Presses the keys of characters.
    @discardableResult
    mutating func type(_ text: String) -> [Effect] {
        Update.apply(text.map { Event.key(.character($0)) }, to: &self)
    }

    /// Types a line behind a key that asks for one.
    @discardableResult
    mutating func enter(_ key: Character, _ line: String) -> [Effect] {
        Update.apply(
            ([key] + Array(line)).map { Event.key(.character($0)) } + [Event.key(.enter)], to: &self)
    }

    mutating func click(_ column: Int, _ row: Int) {
        apply(.mouse(MouseEvent(kind: .click, column: column, row: row)))
    }

    var status: String { lines().last ?? "" }

    func lines(now: ContinuousClock.Instant = instant) -> [String] {
        Screen(model: self, now: now, today: noon).lines().map(\.text)
    }

    var text: String { lines().joined(separator: "\n") }

    var selectedID: Int64? { selection?.id }
}
