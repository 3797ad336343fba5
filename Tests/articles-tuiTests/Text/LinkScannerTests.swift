import Testing

@testable import articles_tui

@Suite struct LinkScannerTests {
    @Test(
        "addresses are found without what only surrounds them",
        arguments: [
            ("see http://a.example/x.", ["http://a.example/x"]),
            ("(https://a.example/b_(c))", ["https://a.example/b_(c)"]),
            ("<https://a.example>, https://b.example?q=1&r=2!", ["https://a.example", "https://b.example?q=1&r=2"]),
            ("漢字https://a.example/字。 次", ["https://a.example/字"]),
            ("http:// https:// hhttp://x ttp://y h", ["http://x"]),
            ("http://a\u{202E}b", ["http://a"]),
            ("https://a.example/x[1] more", ["https://a.example/x"]),
            ("none at all / h", []),
        ])
    func found(text: String, links: [String]) {
        #expect(LinkScanner.ranges(in: text).map { String(text[$0]) } == links)
    }

    @Test("long texts take time in proportion")
    func long() {
        #expect(LinkScanner.ranges(in: String(repeating: "h/", count: 100_000)).isEmpty)
        #expect(LinkScanner.ranges(in: String(repeating: "http://x ", count: 10_000)).count == 10_000)
    }
}

@Suite struct TextMatcherTests {
    @Test("case does not matter, in any script")
    func cases() {
        #expect(TextMatcher("kErNel").matches("The KERNEL"))
        #expect(TextMatcher("ÄPFEL").matches("Zwei Äpfel"))
        #expect(!TextMatcher("kernels").matches("kernel"))
        #expect(TextMatcher("").matches("anything"))
        #expect(!TextMatcher("x").matches(""))
    }

    @Test("places are found from left to right and apart from each other")
    func ranges() {
        let text = "aAaa ÄÄ aa"
        #expect(TextMatcher("aa").ranges(in: text).map { String(text[$0]) } == ["aA", "aa", "aa"])
        #expect(TextMatcher("ää").ranges(in: text).map { String(text[$0]) } == ["ÄÄ"])
    }
}
