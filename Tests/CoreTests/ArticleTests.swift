import Foundation
import Testing

@testable import Core

@Suite("Articles")
struct ArticleTests {
    private let article = Article(
        id: 17, title: "A \"title\" <b>", body: "line 1\nline 2\u{2028}", topic: "news", author: "ada",
        published: Timestamp(milliseconds: 1_795_454_520_123))

    @Test("an event is Django's serialised object, followed by event and cursor")
    func event() throws {
        let event = FeedEvent(created: article, cursor: Cursor(seq: 42, nonce: 0x9c1e_7a3b))
        let text = String(decoding: event.json, as: UTF8.self)
        #expect(
            text == #"{"model":"articles.article","pk":17,"fields":{"title":"A \"title\" <b>","#
                + #""body":"line 1\nline 2\u2028","topic":"news","author":"ada","#
                + #""published":"2026-11-23T17:22:00.123Z","updated":null},"event":"created","cursor":"42-9c1e7a3b"}"#)
        #expect(try FeedEvent(json: JSONParser.parse(text)) == event)
    }

    @Test("a deletion has no fields")
    func deletion() throws {
        let event = FeedEvent(deleted: 3, cursor: Cursor(seq: 9, nonce: 1))
        #expect(String(decoding: event.json, as: UTF8.self).contains(#""fields":null,"event":"deleted""#))
        #expect(try FeedEvent(json: JSONParser.parse(event.json)) == event)
    }

    @Test("the flat object comes back as it was")
    func flat() throws {
        var edited = article
        edited.updated = Timestamp(milliseconds: 1_795_454_520_999)
        #expect(try Article(json: JSONParser.parse(edited.json(cursor: .beginning))) == edited)
    }

    @Test(
        "a member that is missing or of the wrong type is named",
        arguments: [
            (#"{"pk":1,"fields":null,"event":"deleted"}"#, "event.cursor is missing"),
            (
                #"{"pk":"1","fields":null,"event":"deleted","cursor":"1-00000001"}"#,
                "event.pk must be an integer, not a string"
            ),
            (
                #"{"pk":1,"fields":{"title":1},"event":"created","cursor":"1-00000001"}"#,
                "event.fields.title must be a string, not a number"
            ),
            (
                #"{"pk":1,"fields":{},"event":"born","cursor":"1-00000001"}"#,
                "event.event must be created, updated or deleted, not \"born\""
            ),
        ])
    func shape(text: String, message: String) throws {
        let json = try JSONParser.parse(text)
        do {
            _ = try FeedEvent(json: json)
            Issue.record("was read")
        } catch {
            #expect(error.description == message)
        }
    }

    @Test("a good draft is trimmed")
    func trimming() throws {
        let draft = try ArticleDraft(title: "  Hello\u{00A0} ", body: " as is ").validated()
        #expect(draft.title == "Hello" && draft.body == " as is ")
    }

    @Test(
        "a bad title is refused",
        arguments: [
            "", "   ", String(repeating: "x", count: 257), "a\nb", "a\u{7}b", "a\u{85}b", "a\u{2028}b",
            "e" + String(repeating: "\u{301}", count: 3000),
        ])
    func badTitle(title: String) {
        #expect(errorFields(ArticleDraft(title: title)) == ["title"])
    }

    @Test("256 characters are a title, however many bytes each has")
    func longestTitle() {
        #expect(errorFields(ArticleDraft(title: String(repeating: "🇩🇪", count: 256))) == [])
    }

    @Test(
        "topics are as the protocol says",
        arguments: [
            ("news", true), ("a", true), ("0.a_b-c", true), ("", false), ("News", false), (".a", false), ("a b", false),
            ("ü", false), (String(repeating: "a", count: 64), true), (String(repeating: "a", count: 65), false),
        ])
    func topics(topic: String, isGood: Bool) {
        #expect(errorFields(ArticleDraft(title: "t", topic: topic)).isEmpty == isGood)
    }

    @Test("a body over the limit is too large, to the byte")
    func longBody() {
        let limits = ArticleLimits(maxBodyBytes: 4)
        #expect(throws: Never.self) { try ArticleDraft(title: "t", body: "éé").validated(limits: limits) }
        do {
            _ = try ArticleDraft(title: "t", body: "ééx").validated(limits: limits)
            Issue.record("was accepted")
        } catch {
            #expect(error.code == .contentTooLarge)
        }
    }

    @Test("every bad member is named at once")
    func severalErrors() {
        #expect(errorFields(ArticleDraft(title: "", topic: "X", author: "")) == ["title", "topic", "author"])
    }

    @Test("unknown members and wrong types are named")
    func strictDraft() throws {
        let json = try JSONParser.parse(#"{"body":1,"titel":"x"}"#)
        do {
            _ = try ArticleDraft(json: json)
            Issue.record("was read")
        } catch {
            #expect(error.code == .unprocessable)
            #expect(error.errors.map(\.field) == ["body", "titel", "title"])
        }
    }

    private func errorFields(_ draft: ArticleDraft) -> [String] {
        do {
            _ = try draft.validated()
            return []
        } catch {
            return error.errors.map(\.field)
        }
    }
}

@Suite("Timestamps")
struct TimestampTests {
    @Test(
        "are written as RFC 3339 with milliseconds",
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (-1, "1969-12-31T23:59:59.999Z"),
            (951_782_400_007, "2000-02-29T00:00:00.007Z"), (4_102_444_799_999, "2099-12-31T23:59:59.999Z"),
        ] as [(Int64, String)])
    func writing(milliseconds: Int64, text: String) {
        #expect(Timestamp(milliseconds: milliseconds).description == text)
        #expect(Timestamp(text)?.milliseconds == milliseconds)
    }

    @Test("agree with Foundation for random moments")
    func againstFoundation() {
        let style = Date.ISO8601FormatStyle()
        for _ in 0..<2000 {
            let seconds = Int64.random(in: -10_000_000_000...10_000_000_000)
            let stamp = Timestamp(milliseconds: seconds * 1000)
            #expect(
                stamp.description.replacing(".000Z", with: "Z")
                    == Date(timeIntervalSince1970: Double(seconds)).formatted(style))
        }
    }

    @Test(
        "other offsets and fractions are read",
        arguments: [
            ("2026-11-23T18:22:00.5+01:00", 1_795_454_520_500), ("2026-11-23T17:22:00Z", 1_795_454_520_000),
            ("2026-11-23t17:22:00.1239z", 1_795_454_520_123),
        ] as [(String, Int64)])
    func offsets(text: String, milliseconds: Int64) {
        #expect(Timestamp(text)?.milliseconds == milliseconds)
    }

    @Test(
        "what is no time is refused",
        arguments: [
            "", "2026-11-23", "2026-13-01T00:00:00Z", "2026-02-29T00:00:00Z", "2026-11-23T24:00:00Z",
            "2026-11-23T17:22:00", "2026-11-23T17:22:00.Z", "2026-11-23T17:22:00+1:00", "yesterday",
        ])
    func invalid(text: String) {
        #expect(Timestamp(text) == nil)
    }
}

@Suite("Cursors and queries")
struct CursorTests {
    @Test("are written and read")
    func format() {
        #expect(Cursor(seq: 42, nonce: 0xA3B).description == "42-00000a3b")
        #expect(Cursor("42-00000a3b") == Cursor(seq: 42, nonce: 0xA3B))
        #expect(Cursor("0-00000000") == .beginning)
    }

    @Test(
        "anything else is refused",
        arguments: [
            "", "42", "42-", "-00000000", "42-0000000", "42-000000000", "42-0000000G", "42-0000000A", "042-00000000",
            "+1-00000000", "99999999999999999999-00000000", "4 2-00000000", "42-00000000-",
        ])
    func malformed(text: String) {
        #expect(Cursor(text) == nil)
    }

    @Test("a query is read strictly, and ignores what it does not know")
    func query() throws {
        let query = try FeedQuery(items: [
            ("last", "0"), ("topic", "b"), ("topic", "a"), ("x", "y"), ("since", "7-00000001"),
        ])
        #expect(query == FeedQuery(since: Cursor(seq: 7, nonce: 1), last: 0, filter: .only(["a", "b"])))
        #expect(try FeedQuery(items: query.items) == query)
    }

    @Test(
        "bad parameters are refused",
        arguments: [
            ("last", "501"), ("last", "-1"), ("last", ""), ("last", "+5"), ("last", "5.0"), ("since", ""),
            ("since", "x"), ("topic", "BAD"), ("topic", ""),
        ])
    func badQuery(name: String, value: String) {
        do {
            _ = try FeedQuery(items: [(name, value)])
            Issue.record("was read")
        } catch {
            #expect(error.code == .badRequest && error.detail.contains(name))
        }
    }

    @Test("an event that changes the topic concerns both topics")
    func filter() {
        let filter = TopicFilter(["old"])
        #expect(filter.matches(topic: "new", previousTopic: "old"))
        #expect(!filter.matches(topic: "new", previousTopic: nil))
        #expect(TopicFilter([String]()).matches("anything"))
    }
}

@Suite("Control messages")
struct ControlMessageTests {
    @Test(
        "come back as they were written",
        arguments: [
            .hello(
                node: "n\"1", cursor: Cursor(seq: 4, nonce: 1), last: 5, pingInterval: 10_000, server: "articled/1.0"),
            .reset(reason: .forked, oldest: .beginning), .live(cursor: Cursor(seq: 4, nonce: 1)), .ping(cursor: nil),
            .ping(cursor: .beginning), .bye(reason: .slow, retryAfter: 1500),
        ] as [ControlMessage])
    func roundTrip(message: ControlMessage) throws {
        #expect(try ControlMessage.decode(JSONParser.parse(message.json)) == message)
    }

    @Test("the plain ping is the demo's")
    func plainPing() {
        #expect(String(decoding: ControlMessage.ping(cursor: nil).json, as: UTF8.self) == #"{"ping":true}"#)
    }

    @Test("one that is not known is passed over")
    func unknown() throws {
        #expect(try ControlMessage.decode(JSONParser.parse(#"{"later":{}}"#)) == nil)
    }
}
