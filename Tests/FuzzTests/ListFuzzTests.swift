import Core
import NIOCore
import Testing

@testable import articled
@testable import articlesctl

@Suite("Any bytes as a form, a list's query or a list")
struct ListFuzzTests {
    private static let pieces = [
        "&", "=", "%", "%0", "%00", "%26", "%ff", "+", "%2B", "-1", "0", "9223372036854775808", "\u{600}", "\u{301}",
        "é",
    ]

    @Test("a form has a pair for each part, and the same pairs after writing them")
    func forms() {
        var fuzzer = Fuzzer(
            ["title=a+b&body=%C3%A9&topic=x", "title=%", "&&==&", "title=a&title=b"], pieces: Self.pieces + ["title"])
        fuzzer.run { input, _ in
            guard let form = try? FormBody(ByteBuffer(bytes: input)) else { return }
            let parts = input.split(separator: UInt8(ascii: "&"))
            try require(form.pairs.count == parts.count, "\(form.pairs.count) pairs of \(parts.count) parts")
            for (pair, part) in zip(form.pairs, parts) where !part.contains(where: { [0x25, 0x2B].contains($0) }) {
                let sides = part.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
                try require(Array(pair.name.utf8) == Array(sides[0]), "the name is \(pair.name)")
                try require(
                    Array(pair.value.utf8) == Array(sides.dropFirst().first ?? []), "the value is \(pair.value)")
            }
            let again = try FormBody(ByteBuffer(string: String(QueryString.encode(form.pairs).dropFirst())))
            try require(
                again.pairs.elementsEqual(form.pairs) { $0 == $1 }, "is another form after writing it: \(again.pairs)")
            let body = try ArticleBody(
                ByteBuffer(bytes: input), contentType: "application/x-www-form-urlencoded", contentEncoding: nil)
            guard let draft = try? body.draft() else { return }
            try require(form.values("title") == [draft.title], "the title is \(draft.title)")
            try require(form["body"] ?? "" == draft.body, "the body is \(draft.body)")
        }
    }

    @Test("a query for articles is within its bounds, and its next page asks for the same")
    func articleQueries() {
        var fuzzer = Fuzzer(
            ["topic=a&topic=b.c&q=x+y&before=42&limit=500", "after=0", "limit=1&q=%26", ""],
            pieces: Self.pieces + ["topic=", "q=", "before=", "after=", "limit=", "501"])
        fuzzer.run { input, _ in
            guard let form = try? FormBody(ByteBuffer(bytes: input)), let query = try? ArticleQuery(form) else {
                return
            }
            try require((1...500).contains(query.limit), "the limit is \(query.limit)")
            try require(query.before ?? 1 > 0 && query.after ?? 0 >= 0, "begins at \(query)")
            try require(query.before == nil || query.after == nil, "goes both ways")
            try require(query.filter.topics.allSatisfy(isTopic), "the topics are \(query.filter.topics)")
            var next = query
            if query.after == nil { next.before = 7 } else { next.after = 7 }
            let text = String(query.next(behind: 7).dropFirst())
            let again = try ArticleQuery(FormBody(ByteBuffer(string: text)))
            try require(again == next, "the next page is \(text)")
        }
    }

    @Test("a query for the audit log is within its bounds, and its next page asks for the same")
    func auditQueries() {
        var fuzzer = Fuzzer(
            ["account=ada&action=login+failed&before=42&limit=500&article=3", "account=", "limit=1", ""],
            pieces: Self.pieces + ["account=", "action=", "article=", "before=", "limit=", "501", "set up"])
        fuzzer.run { input, _ in
            guard let form = try? FormBody(ByteBuffer(bytes: input)), let query = try? AuditQuery(form) else { return }
            try require((1...500).contains(query.limit), "the limit is \(query.limit)")
            try require(query.before ?? 1 > 0 && query.article ?? 1 > 0, "begins at \(query)")
            var next = query
            next.before = 7
            let text = String(query.next(behind: 7).dropFirst())
            let again = try AuditQuery(FormBody(ByteBuffer(string: text)))
            try require(again == next, "the next page is \(text)")
        }
    }

    private static func isBlank(_ bytes: some Sequence<UInt8>) -> Bool {
        bytes.allSatisfy { [0x20, 0x09, 0x0A, 0x0D].contains($0) }
    }

    @Test("a list to import is cut into the values that it has, in whatever pieces it comes")
    func elements() {
        let pieces = ["[", "]", "{", "}", ",", "\"", "\\", "\n", "\r\n", " ", "1", "null", "[[", "]]", "{\"a\":\"]\"}"]
        var fuzzer = Fuzzer(
            [
                "[\n {\"a\": [1, {\"x\": \"]\\\"}\"}]},\n{\"b\":2}  , 3,{}]\n",
                "\n{\"a\":1}\n\n{\"b\":\"[,]\"}\r\nx\n{}",
                "[1,2]", "[]", "[{\"title\":\"a\"},",
            ], pieces: pieces)
        fuzzer.run { input, random in
            let bound = 24
            var (whole, cut) = (ElementSplitter(maxBytes: bound), ElementSplitter(maxBytes: bound))
            let elements = whole.take(input) + whole.finish()
            var parts: [ElementSplitter.Element] = []
            var rest = input[...]
            while !rest.isEmpty {
                let piece = rest.prefix(.random(in: 1...5, using: &random))
                parts += cut.take(piece)
                rest = rest.dropFirst(piece.count)
            }
            parts += cut.finish()
            try require(parts == elements, "in pieces it is \(parts)")
            let lines = input.split(separator: 0x0A, omittingEmptySubsequences: false)
            for element in elements {
                try require(element.bytes.count <= bound + 1, "a value of \(element.bytes.count) bytes")
                try require((1...lines.count).contains(element.line), "a value in line \(element.line)")
            }

            var splitter = ElementSplitter()
            let values = splitter.take(input) + splitter.finish()
            if case .array(let expected)? = try? JSONParser.parse(input) {
                let read = values.compactMap { try? JSONParser.parse($0.bytes) }
                try require(read == expected && read.count == values.count, "of \(expected) are read \(values)")
            }
            if let first = input.first, first != UInt8(ascii: "["), !Self.isBlank([first]) {
                let expected = lines.filter { !Self.isBlank($0) }.map { Array($0) }
                try require(values.map(\.bytes) == expected, "of the lines \(expected) are read \(values)")
            }
        }
    }
}
