import ArticlesClient
import Core
import Foundation
import Testing

@testable import articlesctl

@Suite("Import and export")
struct TransferTests {
    private func elements(_ text: String, pieces size: Int) -> [ElementSplitter.Element] {
        var splitter = ElementSplitter()
        var elements: [ElementSplitter.Element] = []
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            elements += splitter.take(rest.prefix(size))
            rest = rest.dropFirst(size)
        }
        return elements + splitter.finish()
    }

    private func texts(_ elements: [ElementSplitter.Element]) -> [String] {
        elements.map { "\($0.line): " + String(decoding: $0.bytes, as: UTF8.self) }
    }

    @Test("lines are values, however they come", arguments: [1, 2, 3, 1000])
    func lines(size: Int) {
        let text = "\n{\"a\":1}\n\n  \n{\"b\":\"[,]\"}\r\nnot json\n{\"c\":2}"
        #expect(
            texts(elements(text, pieces: size)) == [
                "2: {\"a\":1}", "5: {\"b\":\"[,]\"}\r", "6: not json", "7: {\"c\":2}",
            ])
    }

    @Test("an array's elements are values, however they are written", arguments: [1, 2, 3, 1000])
    func array(size: Int) {
        let text = "[\n {\"a\": [1, {\"x\": \"]\\\"}\"}]},\n{\"b\":2}  , 3,{}]\n"
        #expect(
            texts(elements(text, pieces: size)) == [
                "2:  {\"a\": [1, {\"x\": \"]\\\"}\"}]}".replacing(":  ", with: ": "), "3: {\"b\":2}  ", "3: 3", "3: {}",
            ])
    }

    @Test("an empty input, array or file has none", arguments: ["", " \n\n", "[]", "[ \n ]\n"])
    func nothing(text: String) {
        #expect(elements(text, pieces: 1) == [])
    }

    @Test("what stands behind an array is not left out", arguments: [1, 2, 3, 1000])
    func behindAnArray(size: Int) {
        #expect(
            texts(elements("[1,2]\n[3]\n{\"b\":2}\n[4]", pieces: size)) == [
                "1: 1", "1: 2", "2: 3", "3: {\"b\":2}", "4: [4]",
            ])
    }

    @Test(
        "what was cut off is a value that can't be read",
        arguments: ["[{\"a\":1},{\"b\"", "{\"b\"", "[{\"title\":\"a\"},\n", "[{\"title\":\"a\"}"])
    func cutOff(text: String) throws {
        let last = try #require(elements(text, pieces: 1).last)
        #expect(throws: ImportLine.Unreadable.self) { try ImportLine(last, ordinal: 1, topic: nil) }
    }

    private func line(_ json: String, ordinal: Int = 1, topic: String? = nil) throws -> JSONValue {
        let element = ElementSplitter.Element(line: 7, bytes: Array(json.utf8))
        let line = try ImportLine(element, ordinal: ordinal, topic: topic)
        #expect(line.line == 7)
        return try JSONParser.parse(line.json)
    }

    @Test("a flat article and Django's object become the same draft")
    func forms() throws {
        let flat = try line(
            #"{"id":3,"title":"T","body":"B","topic":"x","author":"ada","published":"2020-01-01T00:00:00Z","updated":null}"#
        )
        let django = try line(
            #"{"model":"articles.article","pk":3,"fields":{"title":"T","body":"B","topic":"x","author":"ada","published":"2020-01-01T00:00:00Z","updated":null}}"#
        )
        for value in [flat, django] {
            guard case .object(let members) = value else { throw ImportLine.Unreadable(reason: "no object") }
            #expect(members.dropLast().map(\.name) == ["title", "body", "topic", "author", "published"])
            #expect(members.last?.name == "key")
        }
        let foreign = try line(#"{"model":"a.b","fields":{"title":"T","author":4}}"#, topic: "old")
        #expect(foreign["author"] == nil && foreign["topic"] == .string("old"))
    }

    @Test("the same value at the same place has the same key, and no other has it")
    func keys() throws {
        let article = #"{"title":"T"}"#
        #expect(try line(article)["key"] == line(article)["key"])
        #expect(try line(article)["key"] != line(article, ordinal: 2)["key"])
        #expect(try line(article)["key"] != line(#"{"title":"U"}"#)["key"])
    }

    @Test("what is no article says why", arguments: ["1", "[]", "{}", "{\"title\"", #"{"model":"a.b","fields":3}"#])
    func unreadable(json: String) {
        #expect(throws: ImportLine.Unreadable.self) { try line(json) }
    }

    @Test("what Django reads is what it would have written")
    func djangoObject() throws {
        let article = Article(
            id: 7, title: "T", body: "B", topic: "news", author: "ada", published: Timestamp(milliseconds: 0))
        let text = String(decoding: ExportArticles.djangoObject(article), as: UTF8.self)
        #expect(
            text
                == #"{"model":"articles.article","pk":7,"fields":{"title":"T","body":"B","topic":"news","author":"ada","published":"1970-01-01T00:00:00.000Z","updated":null}}"#
        )
    }

    @Test("progress tells the rate, and the time left where that can be known")
    func progress() {
        #expect(Progress.text(100, share: nil, after: 2) == "100 articles, 50/s")
        #expect(Progress.text(100, share: 0.25, after: 25) == "100 articles, 4/s, 25 %, 1:15 left")
        #expect(Progress.text(0, share: 0, after: 0) == "0 articles, 0/s")
    }
}

@Suite("Templates of events")
struct EventTemplateTests {
    private let server = ServerURL.standard
    private let event = FeedEvent(
        created: Article(
            id: 7, title: "A {{body}}", body: "B\0", topic: "news", author: "ada",
            published: Timestamp(milliseconds: 0)), cursor: Cursor(seq: 9, nonce: 1))

    @Test("members are filled in, once")
    func filled() throws {
        let template = try EventTemplate("{{id}}: {{ title }} <{{url}}> {{updated}}|")
        #expect(
            template.text(EventMembers(event, server: server)) == "7: A {{body}} <http://localhost:8000/articles/7> |")
        #expect(try EventTemplate("plain } {").text(EventMembers(event, server: server)) == "plain } {")
    }

    @Test("a deletion has what it has")
    func deleted() throws {
        let members = EventMembers(FeedEvent(deleted: 3, cursor: Cursor(seq: 1, nonce: 1)), server: server)
        #expect(try EventTemplate("{{event}} {{id}} {{title}}.").text(members) == "deleted 3 .")
        #expect(members.environment["ARTICLE_TITLE"] == "")
    }

    @Test("what is unknown or not closed is refused", arguments: ["{{nothing}}", "{{", "{{title", "{{}}"])
    func malformed(text: String) {
        #expect(throws: EventTemplate.Malformed.self) { try EventTemplate(text) }
    }

    @Test("the environment has all members, without NUL")
    func environment() {
        let environment = EventMembers(event, server: server).environment
        #expect(environment.count == EventMembers.names.count)
        #expect(environment["ARTICLE_BODY"] == "B\u{2400}" && environment["ARTICLE_ID"] == "7")
    }

    @Test(
        "lifetimes of tokens",
        arguments: [("90d", 7_776_000_000), ("12h", 43_200_000), ("x", nil), ("0d", nil), ("5", nil)])
    func lifetimes(text: String, milliseconds: Int64?) {
        #expect(Lifetime(argument: text)?.milliseconds == milliseconds)
    }
}

@Suite("Mistyped commands")
struct SuggestionTests {
    @Test(
        "a command that looks like one is suggested",
        arguments: [
            ("lst", "list"), ("ad", "add"), ("wacth", "watch"), ("exprot", "export"), ("logn", "login"),
            ("list", nil), ("frobnicate", nil), ("-x", nil), ("", nil), ("rx", "rm"),
        ])
    func suggestions(word: String, suggestion: String?) {
        #expect(Articlesctl.suggestion(for: word) == suggestion)
    }
}

@Suite("Feeds of other places")
struct FeedFileTests {
    private func articles(_ xml: String) throws -> [JSONValue] {
        try FeedFile.lines(Data(xml.utf8)).map { try JSONParser.parse($0.bytes) }
    }

    @Test("RSS, oldest first")
    func rss() throws {
        let articles = try articles(
            """
            <?xml version="1.0"?><rss version="2.0" xmlns:content="x" xmlns:dc="y"><channel><title>Not this</title>
            <item><title>New &amp; &lt;b&gt;bold&lt;/b&gt;</title><link>https://x.example/2</link>
              <description><![CDATA[<p>One</p><p>Two<br/>Three &mdash; four</p><script>bad()</script>]]></description>
              <pubDate>Tue, 24 Nov 2026 13:59:15 +0100</pubDate><dc:creator>Ada</dc:creator></item>
            <item><description>No title here</description><pubDate>1 Jan 99 10:00 EST</pubDate></item>
            </channel></rss>
            """)
        #expect(articles.map { $0["title"]?.stringValue } == ["No title here", "New & bold"])
        #expect(articles[1]["body"]?.stringValue == "One\n\nTwo\nThree — four\n\nhttps://x.example/2")
        #expect(articles[1]["published"]?.stringValue == "2026-11-24T12:59:15.000Z")
        #expect(articles[0]["published"]?.stringValue == "1999-01-01T15:00:00.000Z")
        #expect(articles[1]["author"]?.stringValue == "Ada" && articles[0]["author"] == nil)
    }

    @Test("Atom")
    func atom() throws {
        let articles = try articles(
            """
            <feed xmlns="http://www.w3.org/2005/Atom"><title>Not this</title><author><name>Nobody</name></author>
            <entry><title>T</title><link rel="self" href="s"/><link href="https://x.example/1"/>
            <updated>2026-01-02T00:00:00Z</updated><published>2026-01-01T00:00:00Z</published>
            <author><name>Grace</name></author><summary>Short</summary><content type="html">&lt;i&gt;Long&lt;/i&gt;</content>
            </entry></feed>
            """)
        #expect(articles.count == 1)
        #expect(articles[0]["body"]?.stringValue == "Long\n\nhttps://x.example/1")
        #expect(articles[0]["author"]?.stringValue == "Grace")
        #expect(articles[0]["published"]?.stringValue == "2026-01-01T00:00:00.000Z")
    }

    @Test("what is no feed says so", arguments: ["<html></html>", "<rss>", "<", "<a></b>"])
    func broken(xml: String) {
        #expect(FeedFile.isXML(xml.utf8))
        #expect(throws: CommandFailure.self) { try FeedFile.lines(Data(xml.utf8)) }
    }

    @Test(
        "text out of HTML",
        arguments: [
            ("plain", "plain"), ("a < b", "a < b"), ("&#65;&#x42;&nope;&", "AB&nope;&"), ("<p></p>", ""),
            ("&amp;lt;b&amp;gt;", "&lt;b&gt;"),
        ])
    func html(html: String, text: String) {
        #expect(PlainHTML.text(html) == text)
    }

    @Test(
        "dates that are none are left out",
        arguments: ["", "yesterday", "32 Foo 2026 10:00 GMT", "1 Jan 2026 10:00 XYZ"])
    func dates(text: String) {
        #expect(FeedDate.timestamp(text) == nil)
    }
}
