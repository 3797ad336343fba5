import Testing

@testable import articles_tui

@Suite struct DisplayWidthTests {
    @Test(
        "a text is as wide as terminals show it",
        arguments: [
            ("abc", 3), ("é", 1), ("e\u{301}", 1), ("漢字", 4), ("한글", 4), ("\u{1112}\u{1161}\u{11AB}", 2), ("ﾊﾝ", 2),
            ("Ａ", 2), ("שלום", 4), ("مرحبا", 5), ("क्षि", 3), ("─│●", 3), ("\u{200B}", 0), ("\u{0600}1", 2),
        ])
    func scripts(text: String, width: Int) {
        #expect(DisplayWidth.of(text) == width)
    }

    @Test(
        "an emoji is two columns however many scalars it has",
        arguments: ["😀", "👍🏽", "👨‍👩‍👧‍👦", "🏳️‍🌈", "🇩🇪", "❤️", "1️⃣", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "⌚"])
    func emoji(text: String) {
        #expect(text.count == 1)
        #expect(DisplayWidth.of(text) == 2)
    }

    @Test("symbols that are only emoji on request are one column", arguments: ["❤", "☎", "✎", "1", "#"])
    func textPresentation(text: String) {
        #expect(DisplayWidth.of(text) == 1)
    }
}
