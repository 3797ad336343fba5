import ArticlesClient
import Core
import Testing

@testable import articles_tui

@Suite struct ScreenTests {
    private static func model(_ width: Int, _ height: Int) -> Model {
        var model = Model.sample(width: width, height: height)
        let old = Timestamp("2026-02-03T04:05:06Z")
        model.apply(
            snapshot([
                article(1, "Long ago", topic: "kernel.org", published: Timestamp("2019-01-01T00:00:00Z")),
                article(2, "This year", topic: "a-very-long-topic", published: old),
                article(3, "Hello", body: "First article, with\nmore lines.", topic: "news"),
            ]))
        return model
    }

    @Test("at 120×40 list and article are side by side")
    func wide() {
        let lines = Self.model(120, 40).lines()
        #expect(
            lines[0].hasPrefix(" Articles  http://news.example  [all 3] a-very-long-topic 1  kernel.org 1  news 1   "))
        #expect(lines[0].hasSuffix(" 3 articles, 3 unread "))
        #expect(lines[1].hasPrefix(">● 11:00 news     Hello   "))
        #expect(lines[2].hasPrefix(" ● 02-03 a-very-… This year   "))
        #expect(lines[3].hasPrefix(" ●  2019 kernel.… Long ago   "))
        #expect(lines[1].dropFirst(48).hasPrefix("│ Hello   "))
        #expect(lines[2].dropFirst(48).hasPrefix("│ ada · news · 2026-11-23 11:00 · #3   "))
        #expect(lines[4].dropFirst(48).hasPrefix("│ First article, with   "))
        #expect(lines[7].dropFirst(48).hasPrefix("│ http://news.example/articles/3   "))
        #expect(lines[39].hasPrefix(" live  http://news.example · all topics · 3 articles, 3 unread · following   "))
        #expect(lines[39].hasSuffix(" ? help "))
    }

    @Test("at 80×24 there is the list, and above the article once one is open")
    func stacked() {
        var model = Self.model(80, 24)
        #expect(!model.text.contains("First article"))
        model.press(.enter)
        let lines = model.lines()
        #expect(lines[1].hasPrefix(">  11:00 news         Hello"))
        #expect(lines[9] == String(repeating: "─", count: 80))
        #expect(lines[10].hasPrefix(" Hello"))
        #expect(lines[23].hasPrefix(" live "))
        model.press(.tab, .down)
        #expect(model.lines()[10].hasPrefix(" This year"))
        model.press(.escape)
        #expect(!model.text.contains("──"))
    }

    @Test("at 40×10 there is one at a time, with the state in sight")
    func small() {
        var model = Self.model(40, 10)
        #expect(model.lines()[1].hasPrefix(">● 11:00 Hello"))
        #expect(model.lines()[9] == " live  3 articles, 3 unread      ? help ")
        model.press(.enter)
        #expect(model.lines()[1].hasPrefix(" Hello"))
        #expect(model.lines()[9].hasPrefix(" live "))
    }

    @Test("at 1×1 there is the beginning of the state")
    func tiny() {
        #expect(Self.model(1, 1).lines() == ["l"])
    }

    @Test("every size is filled exactly, whatever is shown")
    func exact() {
        for width in [1, 2, 3, 5, 8, 12, 20, 29, 30, 40, 46, 60, 84, 85, 86, 120, 300] {
            for height in [1, 2, 3, 4, 10, 15, 16, 17, 24, 40] {
                var model = Self.model(width, height)
                model.apply(snapshot([article(3), article(7, "漢字 👨‍👩‍👧‍👦 🇩🇪 é שלום ❤️", body: "長い本文。")]))
                model.apply(.feed(.reset(reason: .trimmed)))
                model.apply(.outbox([OutboxEntry(key: "k", kind: .add, draft: .init(title: "漢字 👍🏽"))]))
                for keys in ["", "j", "l", "h?", "?", "t", "q/漢字", "\u{1B}R", "nO"] {
                    model.type(keys)
                    let lines = model.lines()
                    #expect(lines.count == height, "\(width)×\(height) after \(keys)")
                    #expect(lines.allSatisfy { DisplayWidth.of($0) == width }, "\(width)×\(height) after \(keys)")
                }
            }
        }
    }

    @Test(
        "the separator stays in its column whatever the titles are made of",
        arguments: ["漢字かな交じり文のタイトル", "👨‍👩‍👧‍👦🇩🇪👍🏽❤️", "e\u{301}a\u{308}", "שלום عليكم", "हिन्दी क्षत्रिय", "x"])
    func straight(title: String) {
        var model = Model.sample(width: 100, height: 20)
        model.apply(snapshot([article(1, title), article(2, title + title + title + title)]))
        for line in model.lines()[1...18] {
            #expect(line.split(separator: "│", maxSplits: 1).first.map { DisplayWidth.of($0) } == 40)
        }
    }

    @Test("articles can't drive the terminal: controls are shown as symbols")
    func controls() {
        var model = Model.sample(width: 120, height: 20)
        model.apply(snapshot([article(1, "Red \u{1B}[31m\u{9B}1m", body: "bell\u{7} \u{202E}evil\u{202C}\r over")]))
        #expect(model.text.contains("Red ␛[31m<U+009B>1m"))
        #expect(model.text.contains("bell␇ <U+202E>evil<U+202C>␍ over"))
        #expect(!model.text.unicodeScalars.contains { $0.properties.generalCategory == .control && $0 != "\n" })
        // Nor can a server that is none of ours, by topics that are none.
        model.apply(arrival(2, topic: "\u{1B}[2J"), arrival(3, topic: "\u{7}"))
        for keys in ["", "]", "t"] {
            model.type(keys)
            #expect(!model.text.unicodeScalars.contains { $0.properties.generalCategory == .control && $0 != "\n" })
        }
    }

    @Test(
        "titles that never end, of whatever, keep their place",
        arguments: [
            String(repeating: "x", count: 10_000), String(repeating: "漢", count: 10_000),
            "a" + String(repeating: "\u{301}", count: 10_000), String(repeating: "\u{200B}", count: 10_000),
            String(repeating: "👨‍👩‍👧‍👦", count: 2000), String(repeating: "\u{202E}", count: 10_000),
        ])
    func endless(title: String) {
        var model = Model.sample(width: 100, height: 20)
        model.apply(snapshot([article(1, title, body: title), article(2, "Below")]))
        model.type("j")
        for keys in ["", "l", "/x"] {
            model.type(keys)
            #expect(model.lines().allSatisfy { DisplayWidth.of($0) == 100 })
        }
        #expect(model.lines()[1].hasPrefix(" ● 11:00 news         Below") || model.lines()[1].contains("Below"))
    }

    @Test("text wraps anew when the size changes, and what was at the top stays there")
    func resize() {
        var model = Model.sample(width: 60, height: 10)
        let words = (1...400).map { "word\($0)" }.joined(separator: " ")
        model.apply(snapshot([article(1, body: words)]))
        model.press(.enter, .pageDown, .pageDown)
        let first = model.lines()[1].split(separator: " ")[0]
        model.apply(.resized(Size(width: 40, height: 12)))
        #expect(model.lines()[1].contains(first))
        model.apply(.resized(Size(width: 140, height: 12)))
        #expect(model.lines()[1].contains("\(first) "))
    }

    @Test("with --ascii everything that is drawn is ASCII")
    func ascii() {
        var model = Model.sample(width: 100, height: 30, symbols: .ascii)
        model.apply(snapshot([article(1), article(2, String(repeating: "long ", count: 40))]))
        model.apply(edit(article(1, "Edited")), .feed(.reset(reason: .trimmed)))
        #expect(model.text.utf8.allSatisfy { $0 < 0x80 })
        #expect(model.text.contains(" * 11:00"))
        #expect(model.text.contains("-- gap: older"))
        model.apply(.resized(Size(width: 80, height: 30)))
        model.type("?")
        #expect(model.text.utf8.allSatisfy { $0 < 0x80 })
    }

    @Test("what is selected, unread and edited can be told without attributes")
    func withoutAttributes() {
        var model = Model.sample(articles: 2)
        model.apply(edit(article(1, "Edited")))
        #expect(model.lines()[1].hasPrefix(">● "))
        #expect(model.lines()[2].hasPrefix(" ● "))
        #expect(model.lines()[2].contains("[edited]"))
    }

    @Test("only what can be seen is laid out, so that a long list costs no more than a short one")
    func visibleOnly() {
        var model = Model.sample(width: 80, height: 24)
        let articles = (1...20_000).map { article(Int64($0)) }
        model.apply(snapshot(articles))
        model.type("G")
        #expect(model.lines()[22].contains("Title 1 "))
        #expect(model.lines().count == 24)
    }
}
