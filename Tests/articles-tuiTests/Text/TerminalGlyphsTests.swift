import Testing

@testable import articles_tui

@Suite struct TerminalGlyphsTests {
    /// A terminal that, like most, adds up the parts of an emoji, and does not know one of them.
    private static let summing = TerminalGlyphs { scalar in
        switch scalar.value {
        case 0x1FAE9: -1
        case 0x200D, 0x300..<0x370, 0xE0000...: 0
        case 0x1F1E6...0x1F1FF: 1
        case 0x4E00...0x9FFF, 0x1F000...: 2
        default: 1
        }
    }

    @Test("what everybody counts alike is left as it is", arguments: ["plain", "漢字", "e\u{301}", "🇩🇪", "😀", "שלום"])
    func unchanged(text: String) {
        #expect(Self.summing.drawn(text) == text)
    }

    @Test("of an emoji that terminals draw differently the first part stands for the whole")
    func firstPart() {
        #expect(Self.summing.drawn("👨‍👩‍👧 👍🏽.") == "👨 👍.")
    }

    @Test("a presentation selector leaves, and a blank keeps its column")
    func selector() {
        #expect(Self.summing.drawn("❤️.") == "❤ .")
    }

    @Test("a character that the C library does not know becomes a replacement of the same width")
    func unknown() {
        #expect(Self.summing.drawn("a\u{1FAE9}b") == "a\u{FFFD} b")
    }

    @Test("a joiner never reaches the terminal, where it would swallow what follows")
    func joiner() {
        #expect(Self.summing.drawn("a\u{200D}b") == "ab")
    }

    @Test("a heap of combining marks is cut to what a cell holds")
    func zalgo() {
        let heap = "a" + String(repeating: "\u{301}", count: 1000)
        #expect(Self.summing.drawn(heap).unicodeScalars.count == 5)
    }

    @Test("without UTF-8 question marks keep the columns")
    func noUnicode() {
        var glyphs = Self.summing
        glyphs.isUnicode = false
        #expect(glyphs.drawn("a漢é.") == "a???.")
    }
}
