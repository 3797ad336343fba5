import ArgumentParser
import Testing

@testable import articlesctl

@Suite("Another server to measure")
struct OtherServerTests {
    @Test("a URL is a host, a port and a path with a query")
    func urls() throws {
        let url = try LoadURL("ws://Example.test:81/a/b?last=0&x=%20", [.ws])
        #expect((url.host, url.port, url.path) == ("example.test", 81, "/a/b?last=0&x=%20"))
        #expect(url.authority == "example.test:81")
        #expect(try LoadURL("http://[::1]?q", [.http]) == LoadURL("HTTP://[::1]:80/?q", [.http]))
        #expect(try LoadURL("tcp://localhost:1883", [.http, .tcp]).port == 1883)
    }

    @Test(
        "what is no such URL is refused with its reason",
        arguments: [
            ("localhost", "not a URL"), ("wss://a", "TLS"), ("tcp://a", "needs a port"),
            ("tcp://[::1]", "needs a port"), ("ftp://a", "not understood"), ("ws://", "names no host"),
            ("ws://a:0/", "no port"), ("ws://u:p@a/", "password"), ("ws://a/#b", "no #"), ("ws://a/ b", "spaces"),
            ("ws://a/\r\nX: y", "spaces"),
        ])
    func refused(text: String, reason: String) {
        let error = #expect(throws: LoadURL.Malformed.self) { try LoadURL(text, [.ws, .tcp]) }
        #expect(error?.reason.contains(reason) == true, "\(error?.reason ?? "")")
    }

    @Test("bytes are written with escapes, and nothing else behind a backslash")
    func escapes() {
        let bytes = EscapedBytes(argument: "a\\x00\\xfF\\0\\r\\n\\t\\\\é")?.bytes
        #expect(bytes == [97, 0, 255, 0, 13, 10, 9, 92, 195, 169])
        for text in ["\\", "\\x", "\\x1", "\\xg0", "\\x+1", "\\q"] { #expect(EscapedBytes(argument: text) == nil) }
    }

    @Test("one's own headers replace those that there are anyway")
    func headers() throws {
        #expect(HeaderLine.merged(["host: a"], over: ["Host: b", "Accept: c"]) == ["Accept: c", "host: a"])
        #expect(try HeaderLine.read(["A: b", "C:"], "--x") == ["A: b", "C:"])
        for line in ["A", ": b", "A b: c", "A: b\r\nC: d", "@/no/such/file"] {
            #expect(throws: CommandFailure.self) { try HeaderLine.read([line], "--x") }
        }
    }

    @Test("options that do not belong together are refused")
    func combinations() throws {
        _ = try OtherServerOptions.parse([
            "--subscribe", "ws://a", "--publish", "http://b", "--publish-body", "x{{body}}y",
        ])
        for arguments in [
            ["--publish-body", "x"], ["--publish-body", "{{body}}{{body}}"], ["--publish-answer", "x"],
            ["--on-connect", "a", "--on-connect-binary", "b"], ["--publish", "tcp://b:1"], ["--subprotocol", "a b"],
            ["--publish-method", "GET /"], ["--subscribe", "http://a", "--on-connect", "x"],
        ] {
            #expect(throws: (any Error).self, "\(arguments)") {
                try OtherServerOptions.parse(["--subscribe", "ws://a", "--publish", "http://b"] + arguments)
            }
        }
        #expect(throws: (any Error).self) { try OtherServerOptions.parse(["--subprotocol", "mqtt"]) }
    }

    @Test("a line of progress fits into any terminal")
    func progress() {
        let texts = ["100 articles, 20 s left", "20 s left"]
        #expect(ProgressLine.fitting(texts, nil) == texts[0])
        #expect(ProgressLine.fitting(texts, 24) == texts[0])
        #expect(ProgressLine.fitting(texts, 23) == texts[1])
        #expect(ProgressLine.fitting(texts, 5) == "20 s")
    }
}
