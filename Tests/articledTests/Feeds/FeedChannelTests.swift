import Core
import Testing

@testable import articled

@Suite struct FeedChannelTests {
    private func article(id: Int64 = 7, title: String = "T", body: String = "B") -> Article {
        Article(
            id: id, title: title, body: body, topic: "news", author: "ada",
            published: Timestamp("2026-11-23T17:22:00.123Z")!)
    }

    @Test("what XML 1.0 forbids becomes U+FFFD; everything else stays")
    func forbidden() {
        #expect(
            XMLText.escape("a\u{0}\u{8}\u{B}\u{C}\u{1B}\u{FFFE}\u{FFFF}b") == "a"
                + String(repeating: "\u{FFFD}", count: 7) + "b")
        #expect(
            XMLText.escape("\t\n\u{7F}\u{85}\u{E000}\u{FFFD}\u{1F600}") == "\t\n\u{7F}\u{85}\u{E000}\u{FFFD}\u{1F600}")
        #expect(XMLText.escape("\r") == "&#13;")
    }

    @Test(
        "markup is escaped by scalars, next to a combining mark too",
        arguments: ["<\u{301}b>", "\u{600}<b>", "\"\u{301}>"])
    func markup(text: String) {
        let escaped = XMLText.escape(text)
        for mark in ["<", ">", "\""] as [UnicodeScalar] { #expect(!escaped.unicodeScalars.contains(mark)) }
    }

    @Test("plain text as HTML keeps its lines and its indentation, and has no markup of its own")
    func html() {
        #expect(
            XMLText.html("one\r\n  two <b>\n\tthree\r")
                == "one<br>\u{A0}\u{A0}two &lt;b&gt;<br>\u{A0}\u{A0}\u{A0}\u{A0}three<br>")
    }

    @Test("an article's identifier is a UUID of version 8 that depends on nothing but the article")
    func identifier() {
        let id = FeedChannel.identifier(article())
        #expect(
            id.wholeMatch(of: #/urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/#) != nil)
        #expect(id == FeedChannel.identifier(article(title: "Edited", body: "Edited")))
        #expect(id != FeedChannel.identifier(article(id: 8)))
    }
}
