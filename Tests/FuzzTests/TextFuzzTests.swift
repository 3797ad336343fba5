import ArticlesClient
import Core
import Foundation
import NIOCore
import NIOHTTP1
import Testing
import WebSocketCore

@testable import articled

@Suite("Any text as a value")
struct TextFuzzTests {
    @Test("a cursor that is read is written as it was")
    func cursors() {
        var fuzzer = Fuzzer(
            ["42-9c1e7a3b", "0-00000000", "9223372036854775807-ffffffff"],
            pieces: ["-", "+", "0", "٣", "A", " ", "\u{0}"])
        fuzzer.run { input, _ in
            let text = String(decoding: input, as: UTF8.self)
            guard let cursor = Cursor(text) else { return }
            try require(cursor.description == text && cursor.seq >= 0, "is written as \(cursor)")
        }
    }

    @Test("a moment that is read is the same moment after writing it")
    func timestamps() {
        var fuzzer = Fuzzer(
            [
                "2026-11-23T17:22:00.123Z", "2000-02-29t23:59:59+23:59", "0000-01-01T00:00:00-00:01",
                "9999-12-31T23:59:60z",
            ],
            pieces: ["-", ":", ".", "Z", "+", "99", "00", "٣"])
        fuzzer.run { input, _ in
            guard let moment = Timestamp(String(decoding: input, as: UTF8.self)) else { return }
            let written = moment.description
            try require(written.utf8.count == 24, "is written as \(written)")
            let isExpressible = (-62_167_219_200_000...253_402_300_799_999).contains(moment.milliseconds)
            try require(!isExpressible || Timestamp(written) == moment, "is another moment: \(written)")
        }
    }

    @Test("a query that is read is the same after writing it")
    func queries() {
        var fuzzer = Fuzzer(
            ["since=42-9c1e7a3b&last=0&topic=a&topic=b.c", "topic=news", "last=500", ""],
            pieces: ["&", "=", "%", "%26", "%00", "+", "since", "last", "topic", "501", "-1", "😀", "%ff"])
        fuzzer.run { input, _ in
            let head = request("/articles?" + String(decoding: input, as: UTF8.self), subprotocol: "articles.v1")
            guard case .accepted(let accepted) = FeedHandshake().decide(head) else { return }
            let again = request("/articles" + QueryString.encode(accepted.query.items), subprotocol: "articles.v1")
            guard case .accepted(let same) = FeedHandshake().decide(again) else {
                throw Broken(description: "is refused after writing it: \(again.uri)")
            }
            try require(same.query == accepted.query, "is another query after writing it: \(again.uri)")
            try require((0...500).contains(accepted.query.last), "a snapshot of \(accepted.query.last)")
        }
    }

    private func request(_ uri: String, subprotocol: String? = nil, _ more: [(String, String)] = []) -> HTTPRequestHead
    {
        var headers = HTTPHeaders([
            ("Host", "a"), ("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Version", "13"),
            ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ])
        if let subprotocol { headers.add(name: "Sec-WebSocket-Protocol", value: subprotocol) }
        for (name, value) in more { headers.replaceOrAdd(name: name, value: value) }
        return HTTPRequestHead(version: .http1_1, method: .GET, uri: uri, headers: headers)
    }

    @Test("a handshake is granted only as the protocol has it, and its answer has nothing of the client's in it")
    func handshakes() {
        let names = [
            "Upgrade", "Connection", "Sec-WebSocket-Version", "Sec-WebSocket-Key", "Sec-WebSocket-Protocol",
            "Sec-WebSocket-Extensions", "Origin", "Host",
        ]
        var fuzzer = Fuzzer(
            [
                "websocket", "Upgrade, keep-alive", "13", "dGhlIHNhbXBsZSBub25jZQ==", "articles.v1, x",
                "permessage-deflate; client_max_window_bits=15; server_no_context_takeover, x-other; a=\"b\"",
                "http://a",
            ],
            pieces: [",", ";", "=", "\"", " ", "\t", "\u{0}", "😀", "15", "permessage-deflate"])
        let allowed = [
            "HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade",
            "X-Request-ID: a", "Sec-WebSocket-Protocol: articles.v1",
            "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover",
            "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=15",
        ]
        fuzzer.run { input, random in
            let name = names.randomElement(using: &random) ?? "Upgrade"
            let head = request("/articles", [(name, String(decoding: input, as: UTF8.self))])
            guard case .accepted(let accepted) = FeedHandshake().decide(head) else { return }
            let lines = String(buffer: accepted.response(requestID: "a")).components(separatedBy: "\r\n")
            try require(lines.suffix(2) == ["", ""], "the answer does not end")
            for line in lines.dropLast(2) {
                let isKey = line.wholeMatch(of: /Sec-WebSocket-Accept: [A-Za-z0-9+\/]{27}=/) != nil
                try require(isKey || allowed.contains(line), "the answer says \(line)")
            }
        }
    }

    @Test("a line of a batch is read or refused with its reason")
    func batchLines() {
        var fuzzer = Fuzzer(
            [#"{"title":"a","key":"k","published":"2026-11-23T17:22:00Z","author":"x"}"#],
            pieces: ["{", "}", "\"", ",", ":", "key", "published", "null", "\\n", "\u{0}"])
        fuzzer.run { input, _ in
            do {
                let line = try BatchDraft(input, by: AuditActor(name: "p", address: ""), limits: ArticleLimits())
                guard case .create(let draft, _, _, let key) = line.command else {
                    throw Broken(description: "is \(line.command)")
                }
                try require(!draft.title.isEmpty && key?.fingerprint.count ?? 32 == 32, "is \(draft)")
            } catch let error as ServiceError {
                try require([400, 413, 422].contains(error.code.rawValue), "is refused with \(error)")
                let answer = BatchAnswer(line: 1, outcome: .refused(error)).json
                try require(answer.last == UInt8(ascii: "\n") && answer.filter { $0 == 0x0A }.count == 1, "two lines")
                _ = try JSONParser.parse(Array(answer.dropLast()))
            }
        }
    }

    @Test("what is shown on a terminal has nothing in it that acts")
    func terminal() {
        var fuzzer = Fuzzer(
            ["plain", "\u{1B}[31mred\u{7}", "a\r\nb\tc"], pieces: ["\u{9B}", "\u{202E}", "\r", "\u{2028}", "\u{7F}"])
        fuzzer.run { input, _ in
            let text = String(decoding: input, as: UTF8.self)
            let line = TerminalText.line(text).unicodeScalars
            try require(!line.contains(where: TerminalText.isActive), "the line acts")
            let block = TerminalText.block(text).unicodeScalars
            try require(
                !block.contains { TerminalText.isActive($0) && $0 != "\n" && $0 != "\t" }, "the block acts")
        }
    }

    @Test("an address is understood or refused, and means the same after writing it")
    func addresses() {
        var fuzzer = Fuzzer(
            ["http://localhost:8000", "https://[::1]:443/path/", "http://a.b/x?y#z"],
            pieces: ["@", ":", "/", "%", "[", "😀"])
        fuzzer.run { input, _ in
            guard let url = try? ServerURL(String(decoding: input, as: UTF8.self)) else { return }
            guard let again = try? ServerURL(url.description) else {
                throw Broken(description: "is refused after writing it: \(url)")
            }
            try require(again == url, "is another address after writing it: \(url)")
        }
    }
}
