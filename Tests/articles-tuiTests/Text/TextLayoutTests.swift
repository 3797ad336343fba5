import Testing

@testable import articles_tui

@Suite struct TextLayoutTests {
    @Test(
        "a text fills its columns exactly, and says where it is cut",
        arguments: [
            ("abc", 5, "abc  "), ("abc", 3, "abc"), ("abcd", 3, "ab…"), ("abc", 1, "a"), ("abc", 0, ""), ("", 2, "  "),
            ("漢字", 4, "漢字"), ("漢字", 3, "漢…"), ("漢字漢", 4, "漢… "), ("漢", 1, " "), ("e\u{301}e\u{301}", 1, "e\u{301}"),
        ])
    func fitted(text: String, width: Int, expected: String) {
        #expect(TextLayout.fitted(text, to: width, ellipsis: "…") == expected)
    }
}
