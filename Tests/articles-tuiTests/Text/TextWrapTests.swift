import Testing

@testable import articles_tui

@Suite struct TextWrapTests {
    private func wrapped(_ text: String, _ width: Int) -> [String] {
        TextWrap(width: width).lines(text).map(\.text)
    }

    @Test("lines break at blanks, which belong to no line")
    func words() {
        #expect(wrapped("one two  three", 7) == ["one two", "three"])
        #expect(wrapped("one two", 5) == ["one", "two"])
    }

    @Test("paragraphs and empty lines stay")
    func paragraphs() {
        #expect(wrapped("a\n\nb\n", 9) == ["a", "", "b", ""])
        #expect(wrapped("", 9) == [""])
    }

    @Test("indentation stays")
    func indentation() {
        #expect(wrapped("  * one two", 7) == ["  * one", "two"])
    }

    @Test("what follows an indented line or an item is set in as its text is, where there is room")
    func hanging() {
        #expect(wrapped("  one two three four", 12) == ["  one two", "  three four"])
        #expect(wrapped("  - one two three", 16) == ["  - one two", "    three"])
        #expect(wrapped("- one two\nthree", 8) == ["- one", "  two", "three"])
        #expect(wrapped("        deep down", 12) == ["        deep", "down"])
    }

    @Test("a word goes to a line of its own before it is broken")
    func longWords() {
        #expect(wrapped("see https://a.example/b", 19) == ["see", "https://a.example/b"])
        #expect(wrapped("see abcdefghij", 4) == ["see", "abcd", "efgh", "ij"])
    }

    @Test("wide characters break anywhere, but not before closing punctuation")
    func wide() {
        #expect(wrapped("漢字漢字", 5) == ["漢字", "漢字"])
        #expect(wrapped("漢字漢字。", 8) == ["漢字漢", "字。"])
    }

    @Test("clusters are not torn")
    func clusters() {
        #expect(wrapped("👨‍👩‍👧👨‍👩‍👧", 3) == ["👨‍👩‍👧", "👨‍👩‍👧"])
    }

    @Test("a character that is wider than the line is left blank, and the rest goes on")
    func tooWide() {
        #expect(wrapped("漢a", 1) == ["", "a"])
    }

    @Test("tabs go to the next eighth column")
    func tabs() {
        #expect(wrapped("ab\tc", 20) == ["ab      c"])
    }

    @Test("each line knows how much of the text is before it")
    func origins() {
        #expect(TextWrap(width: 3).lines("ab cd\n\nef").map(\.origin) == [0, 3, 6, 7])
    }

    @Test("no line is wider than asked for, and no letter is lost", arguments: 1...30)
    func property(width: Int) {
        var random = SystemRandomNumberGenerator()
        let alphabet = Array("ab漢 字é。 x\n👍🏽-")
        for _ in 0..<20 {
            let text = String((0..<80).map { _ in alphabet.randomElement(using: &random)! })
            let lines = wrapped(text, width)
            #expect(lines.allSatisfy { DisplayWidth.of($0) <= width })
            if width >= 2 {
                #expect(lines.joined().filter { $0 != " " } == text.filter { $0 != " " && $0 != "\n" })
            }
        }
    }
}
