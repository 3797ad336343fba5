import Core
import Foundation
import Testing

private let jsonPieces = [
    "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u", "\\ud800", "\\udc00", "null", "true", "-", "0", "1e9", "1.5",
    "9223372036854775808",
    "\u{0}", "\u{2028}", "é", "😀", " ", "\n", "[[[[[[[[[[[[[[[[",
]

@Suite("Any bytes as JSON")
struct JSONFuzzTests {
    private static let event =
        #"{"model":"articles.article","pk":17,"fields":{"title":"a","body":"\u00e9\n","topic":"news","author":"ada","published":"2026-11-23T17:22:00.123Z","updated":null},"event":"created","cursor":"42-9c1e7a3b"}"#

    @Test("what is read means the same to others, and comes back as it was written")
    func values() {
        var fuzzer = Fuzzer(["{\"a\":[1,-2.5e3,\"x\\n\",null,true,{}]}", Self.event, "[]", "\"\""], pieces: jsonPieces)
        fuzzer.run { input, _ in
            guard let value = try? JSONParser.parse(input) else { return }
            try require(try JSONParser.parse(value.bytes) == value, "is another value after writing it")
            do {
                _ = try JSONSerialization.jsonObject(with: Data(input), options: .fragmentsAllowed)
            } catch {
                throw Broken(description: "is no JSON to Foundation: \(error)")
            }
        }
    }

    @Test("a draft that passes is within its limits, and comes back as it was written")
    func drafts() {
        let limits = ArticleLimits(maxBodyBytes: 64)
        var fuzzer = Fuzzer(
            [#"{"title":" a ","body":"b","topic":"news","author":"ada"}"#, #"{"title":"x"}"#],
            pieces: jsonPieces + [
                "title", "body", "topic", "author", "\u{85}", "\u{202E}", String(repeating: "x", count: 300),
            ])
        fuzzer.run { input, _ in
            guard let json = try? JSONParser.parse(input),
                let draft = try? ArticleDraft(json: json).validated(limits: limits)
            else { return }
            try require((1...256).contains(draft.title.count), "the title has \(draft.title.count) characters")
            try require(draft.title.utf8.count <= 4096, "the title has \(draft.title.utf8.count) bytes")
            try require(
                !draft.title.unicodeScalars.contains { $0.properties.generalCategory == .control },
                "a control character")
            try require(draft.body.utf8.count <= 64, "the body has \(draft.body.utf8.count) bytes")
            try require(draft.topic.wholeMatch(of: /[a-z0-9][a-z0-9._\-]{0,63}/) != nil, "the topic \(draft.topic)")
            try require((draft.author?.count ?? 1) <= 64, "the author")
            let again = try ArticleDraft(json: JSONParser.parse(draft.json)).validated(limits: limits)
            try require(again == draft, "is another draft after writing it")
        }
    }

    @Test("a change that passes comes back as it was written")
    func patches() {
        var fuzzer = Fuzzer(
            [#"{"title":"a"}"#, #"{"body":"","topic":"x"}"#, "{}"], pieces: jsonPieces + ["title", "author"])
        fuzzer.run { input, _ in
            guard let json = try? JSONParser.parse(input),
                let patch = try? ArticlePatch(json: json).validated(limits: ArticleLimits(maxBodyBytes: 64))
            else { return }
            let again = try ArticlePatch(json: JSONParser.parse(patch.json))
            try require(again == patch, "is another change after writing it")
        }
    }

    @Test("a frame that a client understands means the same after writing it")
    func frames() {
        let controls = [
            #"{"hello":{"node":"n","cursor":"41-00000001","last":5,"ping_ms":10000,"server":"s"}}"#,
            #"{"reset":{"reason":"trimmed","oldest":"0-00000000"}}"#, #"{"live":{"cursor":"1-00000001"}}"#,
            #"{"ping":true,"cursor":"1-00000001"}"#, #"{"bye":{"reason":"slow","retry_ms":1500}}"#,
        ]
        var fuzzer = Fuzzer(
            ["[\(Self.event)]", "[\(Self.event),\(Self.event)]"] + controls,
            pieces: jsonPieces + ["deleted", "updated", "cursor", "9-99999999", "9999-12-31T23:59:60Z"])
        fuzzer.run { input, _ in
            guard let frame = try? input.withUnsafeBufferPointer({ try FeedFrame(decoding: $0) }) else { return }
            let written: [UInt8]
            switch frame {
            case .events(let events): written = FeedFrame.encode(events)
            case .control(.some(let message)): written = message.json
            case .control(.none): return
            }
            let again = try written.withUnsafeBufferPointer { try FeedFrame(decoding: $0) }
            try require(again == frame, "is another frame after writing it")
        }
    }
}
