import ArticlesClient
import Core
import Foundation
import Testing

@testable import articles_tui

private let now = ContinuousClock.now
private let noon = Date(timeIntervalSince1970: 1_795_435_200)

private func article(_ id: Int64, _ title: String? = nil, body: String = "Body.", topic: String = "news") -> Article {
    Article(
        id: id, title: title ?? "Title \(id)", body: body, topic: topic, author: "ada",
        published: Timestamp(milliseconds: Int64(noon.timeIntervalSince1970) * 1000))
}

private func created(_ id: Int64, _ title: String? = nil, body: String = "Body.", seq: Int64? = nil) -> Event {
    .feed(.event(FeedEvent(created: article(id, title, body: body), cursor: Cursor(seq: seq ?? id, nonce: 1))))
}

/// A viewer without a terminal: events in, pictures out.
private struct Harness {
    var model = Model(server: "http://h", topics: [], permalink: { "http://h/articles/\($0)" })
    var listTop = 0
    var width = 120
    var height = 40
    var usesASCII = false

    var screen: Screen {
        Screen(width: width, height: height, usesASCII: usesASCII, timeZone: TimeZone(identifier: "UTC") ?? .current)
    }

    @discardableResult
    mutating func send(_ events: Event...) -> [Effect] {
        events.flatMap { Update.apply($0, to: &model, page: screen.page) }
    }

    mutating func keys(_ keys: Key...) {
        for key in keys { send(.key(key)) }
    }

    mutating func lines() -> [String] {
        screen.render(&model, listTop: &listTop, now: now, date: noon).map(\.text)
    }

    /// The titles that the list shows, from the top.
    mutating func shown() -> [String] {
        lines().compactMap { line in line.firstMatch(of: /Title \d+/).map { String($0.output) } }
    }

    var selected: Int64? { model.selectedArticle?.id }
}

@Suite("The viewer's picture")
struct ScreenTests {
    @Test(
        "fills the terminal exactly, whatever its size",
        arguments: [(120, 40), (80, 24), (40, 10), (20, 3), (10, 2), (1, 1), (200, 1), (3, 50)])
    func size(width: Int, height: Int) {
        var harness = Harness(width: width, height: height)
        harness.send(
            created(1, "日本語のとても長い題名 👩‍👩‍👧 🇩🇪 e\u{301}", body: String(repeating: "word 漢字 ", count: 200)), created(2),
            .feed(.state(.live)))
        for key in [nil, Key.enter, .end, .escape, .character("?")] as [Key?] {
            if let key { harness.keys(key) }
            let lines = harness.lines()
            #expect(lines.count == height)
            for line in lines { #expect(DisplayWidth.of(line) == width, "\(key as Any): \"\(line)\"") }
        }
    }

    @Test("shows the newest first, with time, topic and title")
    func list() {
        var harness = Harness()
        harness.send(created(1), created(2))
        let lines = harness.lines()
        #expect(lines[1].hasPrefix(">● 12:00 news     Title 2"))
        #expect(lines[2].hasPrefix(" ● 12:00 news     Title 1"))
        #expect(lines[1].contains("│ Title 2"))
    }

    @Test("on a narrow terminal list and article take turns")
    func stacked() {
        var harness = Harness(width: 84, height: 24)
        harness.send(created(1, body: "Hello there."))
        #expect(!harness.lines().joined().contains("Hello there."))
        harness.keys(.enter)
        #expect(harness.lines().joined().contains("Hello there."))
        harness.keys(.escape)
        #expect(!harness.lines().joined().contains("Hello there."))
    }

    @Test("the state's word is always there", arguments: [40, 20, 12])
    func stateWord(width: Int) {
        var harness = Harness(width: width, height: 10)
        harness.send(created(1), .feed(.state(.live)))
        #expect(harness.lines()[9].hasPrefix(" live "))
    }

    @Test("each state of the link has its words")
    func states() {
        let states: [(ConnectionState, String)] = [
            (.connecting(attempt: 1), "connecting"), (.connecting(attempt: 2), "reconnecting now (attempt 2)"),
            (.catchingUp, "catching up"), (.live, "live"), (.stale, "stale"),
            (.waiting(attempt: 3, until: now + .milliseconds(3200), reason: "r"), "reconnecting in 4 s (attempt 3)"),
            (.refused(reason: "no"), "offline"),
        ]
        for (state, words) in states {
            var harness = Harness()
            harness.send(.feed(.state(state)))
            #expect(harness.lines()[39].hasPrefix(" \(words) "))
        }
    }

    @Test("the countdown wakes the viewer when its second ends, and nothing else does")
    func countdown() {
        let waiting = ConnectionState.waiting(attempt: 1, until: now + .milliseconds(3200), reason: "")
        #expect(StatusText.nextChange(waiting, now: now) == .milliseconds(200))
        #expect(StatusText.nextChange(.live, now: now) == nil)
    }

    @Test("a reset is a marked line between what was before and what came after")
    func reset() {
        var harness = Harness()
        harness.send(created(1), .feed(.reset(reason: .trimmed)), created(5))
        let lines = harness.lines()
        #expect(lines[1].contains("Title 5") && lines[2].contains("gap") && lines[3].contains("Title 1"))
    }

    @Test("text from the feed can't drive the terminal")
    func controls() {
        var harness = Harness()
        harness.send(created(1, "a\u{1B}[2Jb\u{9B}\u{202E}c", body: "x\u{7}y\u{1B}]0;z"))
        let text = harness.lines().joined()
        #expect(text.contains("a␛[2Jb<U+009B><U+202E>c") && text.contains("x␇y␛]0;z"))
        #expect(!text.unicodeScalars.contains { $0.value < 0x20 || (0x7F..<0xA0).contains($0.value) })
    }

    @Test("--ascii draws with ASCII only")
    func ascii() {
        var harness = Harness(usesASCII: true)
        harness.send(
            created(1, String(repeating: "long ", count: 50)), .feed(.reset(reason: .forked)), .feed(.state(.live)))
        let isASCII = harness.lines().joined().utf8.allSatisfy { $0 < 0x80 }
        #expect(isASCII)
    }

    @Test("the help lists every key, if there is room for it", arguments: [(120, 40), (80, 24), (60, 14)])
    func help(width: Int, height: Int) {
        var harness = Harness(width: width, height: height)
        harness.keys(.character("?"))
        let text = harness.lines().joined(separator: "\n")
        #expect(text.contains("Keys"))
        for command in Command.allCases { #expect(text.contains(command.explanation.keys), "\(command)") }
    }
}

@Suite("The viewer's behaviour")
struct UpdateTests {
    @Test("following, the selection goes with the newest")
    func following() {
        var harness = Harness()
        harness.send(created(1), created(2))
        #expect(harness.selected == 2 && harness.model.newCount == 0)
    }

    @Test("the selection sticks to its article when news arrives, and the list does not move")
    func sticking() {
        var harness = Harness(height: 10)
        for id in 1...30 as ClosedRange<Int64> { harness.send(created(id)) }
        harness.keys(.down, .down, .down, .down, .down, .down, .down, .down, .down, .down)
        #expect(harness.selected == 20)
        harness.send(created(31), created(32))
        #expect(harness.selected == 20 && harness.model.newCount == 2)
        #expect(harness.lines()[9].contains("2 new"))
        harness.keys(.character("g"))
        #expect(harness.selected == 32 && harness.model.newCount == 0)
    }

    @Test("an open article stays open when news arrives")
    func reading() {
        var harness = Harness(width: 80)
        harness.send(created(1, body: "the body"))
        harness.keys(.enter)
        harness.send(created(2))
        #expect(harness.selected == 1 && harness.lines().joined().contains("the body"))
    }

    @Test("opening marks read; r marks unread again; n and p find the unread")
    func unread() {
        var harness = Harness()
        harness.send(created(1), created(2), created(3))
        harness.keys(.enter, .escape)
        #expect(harness.model.unread == [1, 2])
        harness.keys(.character("n"))
        #expect(harness.selected == 2)
        harness.keys(.character("r"), .character("n"))
        #expect(harness.selected == 1 && harness.model.unread == [1])
        harness.keys(.character("g"), .character("r"), .character("G"), .character("p"))
        #expect(harness.selected == 3)
    }

    @Test("a deleted article leaves the list; an open one can be read to its end")
    func deletion() {
        var harness = Harness(width: 80)
        harness.send(created(1), created(2, body: "gone soon"), created(3))
        harness.keys(.down, .enter)
        #expect(harness.selected == 2)
        harness.send(.feed(.event(FeedEvent(deleted: 2, cursor: Cursor(seq: 9, nonce: 1)))))
        let text = harness.lines().joined()
        #expect(text.contains("was deleted") && text.contains("gone soon"))
        harness.keys(.escape)
        #expect(harness.shown() == ["Title 3", "Title 1"])
    }

    @Test("an edit changes the article in its place and says so")
    func edit() {
        var harness = Harness()
        harness.send(created(1), created(2))
        harness.send(.feed(.event(FeedEvent(updated: article(1, "Title 1 better"), cursor: Cursor(seq: 3, nonce: 1)))))
        #expect(harness.lines()[2].contains("Title 1 better [edited]"))
    }

    @Test("a snapshot after a reconnect doubles nothing")
    func snapshot() {
        var harness = Harness()
        let events = [1, 2, 3].map { FeedEvent(created: article($0), cursor: Cursor(seq: $0, nonce: 1)) }
        harness.send(.feed(.snapshot(events)), .feed(.snapshot(events)))
        #expect(harness.model.rows.count == 3)
    }

    @Test("the article scrolls to its end and no further")
    func scrolling() {
        var harness = Harness(width: 60, height: 12)
        harness.send(created(1, body: (1...50).map { "line \($0)" }.joined(separator: "\n")))
        harness.keys(.enter, .character("G"))
        #expect(harness.lines()[10].contains("http://h/articles/1"))
        harness.keys(.down, .down)
        #expect(harness.lines()[10].contains("http://h/articles/1"))
        harness.keys(.up)
        #expect(!harness.lines()[10].contains("http"))
        harness.keys(.home)
        #expect(harness.lines()[1].contains("Title 1"))
    }

    @Test("every key of the help does something or is known", arguments: Command.allCases)
    func bindings(command: Command) {
        for key in command.keys { #expect(Command(key) == command) }
    }

    @Test("q ends")
    func quit() {
        var harness = Harness()
        #expect(harness.send(.key(.character("q"))) == [.quit])
    }
}

@Suite("Text in columns")
struct TextTests {
    @Test(
        "widths are those that terminals use",
        arguments: [
            ("", 0), ("abc", 3), ("é", 1), ("e\u{301}", 1), ("日本", 4), ("👍", 2), ("🇩🇪", 2), ("שלום", 4), ("ｱ", 1),
            ("각", 2), ("ก็", 1),
            ("का", 2), ("\u{200B}", 0),
        ])
    func widths(text: String, width: Int) {
        #expect(DisplayWidth.of(text) == width)
    }

    @Test(
        "sequences of emoji are shown as their first, which is as wide everywhere",
        arguments: [("👩‍👩‍👧x", "👩x"), ("👍🏽", "👍"), ("❤️", "❤"), ("a\u{200D}b", "a\u{200D}b")])
    func sequences(text: String, shown: String) {
        #expect(DisplayText.line(text) == shown)
    }

    @Test(
        "fitting cuts at whole characters and fills up",
        arguments: [
            ("abc", 5, "abc  "), ("abcdef", 4, "abc…"), ("日本語", 4, "日… "), ("日本語", 5, "日本…"), ("ab", 1, "a"),
            ("ab", 0, ""),
        ])
    func fitting(text: String, width: Int, result: String) {
        #expect(TextLayout.fitted(text, to: width) == result)
    }

    @Test(
        "wrapping breaks at blanks, and inside words that are too long",
        arguments: [
            ("one two three", 8, ["one two", "three"]), ("abcdefghij", 4, ["abcd", "efgh", "ij"]),
            ("a\n\nb", 9, ["a", "", "b"]),
            ("  * one two three", 10, ["  * one", "   two", "   three"]),
            ("    deep text here", 12, ["    deep", "    text", "    here"]),
            ("日本語日本語", 5, ["日本", "語日", "本語"]), ("", 5, [""]), ("ab  cd", 3, ["ab", "cd"]),
        ])
    func wrapping(text: String, width: Int, lines: [String]) {
        #expect(TextLayout.wrapped(text, to: width) == lines)
    }

    @Test("wrapping loses nothing but blanks and never exceeds the width")
    func wrappingProperty() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<500 {
            let alphabet = ["a", "b", " ", "日", "é", "👍", "-"]
            let text = (0..<Int.random(in: 0...40, using: &random)).map { _ in
                alphabet.randomElement(using: &random) ?? ""
            }.joined()
            let width = Int.random(in: 2...12, using: &random)
            let lines = TextLayout.wrapped(text, to: width)
            #expect(lines.joined().filter { $0 != " " } == text.filter { $0 != " " })
            for line in lines { #expect(DisplayWidth.of(line) <= width) }
        }
    }
}
