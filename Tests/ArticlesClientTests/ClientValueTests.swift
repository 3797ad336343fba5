import Foundation
import Testing

@testable import ArticlesClient

@Suite("Server addresses")
struct ServerURLTests {
    @Test(
        "are read and written without surprises",
        arguments: [
            ("http://localhost:8000", "http://localhost:8000"), ("http://localhost:8000/", "http://localhost:8000"),
            ("https://news.example", "https://news.example"),
            ("https://news.example/feed/", "https://news.example/feed"),
            ("http://[::1]:81", "http://[::1]:81"), ("HTTP://h", "http://h"),
        ])
    func reading(text: String, description: String) throws {
        #expect(try ServerURL(text).description == description)
    }

    @Test(
        "what is none is refused",
        arguments: [
            "", "localhost:8000", "ftp://h", "http://", "http://u:p@h", "http://h?x", "http://h#x", "http://h:0",
            "http://h:99999", "http://[]:1", "http://a%0d%0aX-Y:1", "http://a b",
        ])
    func malformed(text: String) {
        #expect(throws: ClientError.self) { try ServerURL(text) }
    }

    @Test(
        "loopback is told from the rest",
        arguments: [
            ("http://localhost", true), ("http://127.1.2.3", true), ("http://[::1]", true),
            ("http://127.evil.example", false), ("http://10.0.0.1", false),
        ])
    func loopback(text: String, isLoopback: Bool) throws {
        #expect(try ServerURL(text).isLoopback == isLoopback)
    }
}

@Suite("Text on a terminal")
struct TerminalTextTests {
    @Test("controls become symbols, on one line")
    func line() {
        #expect(TerminalText.line("a\u{1B}[31mb\u{7}\n\u{7F}\u{9B}\u{202E}c") == "a␛[31mb␇␊␡<U+009B><U+202E>c")
    }

    @Test("a block keeps its lines")
    func block() {
        #expect(TerminalText.block("a\r\nb\tc\rd") == "a\nb\tc␍d")
    }

    @Test("text that is harmless stays as it is", arguments: ["", "héllo", "日本語 👩‍👩‍👧", "שלום", "e\u{301}"])
    func harmless(text: String) {
        #expect(TerminalText.line(text) == text)
    }
}

@Suite("Credentials")
struct CredentialTests {
    private let local = "http://localhost:8000"

    private func file(_ content: String) throws -> String {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("token-\(UUID().uuidString)").path
        try content.write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }

    @Test("a file that was named wins over the environment")
    func order() throws {
        let path = try file("from-file\n")
        defer { try? FileManager.default.removeItem(atPath: path) }
        let environment = ["ARTICLES_TOKEN": "from-environment"]
        #expect(
            try Credential.resolve(tokenFile: path, environment: environment, server: .standard)?.token == "from-file")
        #expect(
            try Credential.resolve(tokenFile: nil, environment: environment, server: .standard)?.token
                == "from-environment")
    }

    @Test("the local daemon's token goes to this machine only")
    func localToken() throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("data-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        try "local".write(to: directory.appendingPathComponent("local-token"), atomically: true, encoding: .utf8)
        let environment = ["ARTICLED_DATA_DIR": directory.path]
        #expect(
            try Credential.resolve(tokenFile: nil, environment: environment, server: ServerURL(local))?.token == "local"
        )
        #expect(
            try Credential.resolve(tokenFile: nil, environment: environment, server: ServerURL("http://news.example"))
                == nil)
        // It listens on no port: whoever has that one is somebody else.
        let url = directory.appendingPathComponent("url")
        try "http+unix://%2Frun%2Farticled%2Esock\n".write(to: url, atomically: true, encoding: .utf8)
        #expect(try Credential.resolve(tokenFile: nil, environment: environment, server: ServerURL(local)) == nil)
        try "http://127.0.0.1:8000\n".write(to: url, atomically: true, encoding: .utf8)
        #expect(
            try Credential.resolve(tokenFile: nil, environment: environment, server: ServerURL(local))?.token == "local"
        )
    }

    @Test("a file that can't be used is an error, and tokens are never printed")
    func unusable() throws {
        for content in ["", "two words", "new\nline"] {
            let path = try file(content)
            defer { try? FileManager.default.removeItem(atPath: path) }
            #expect(throws: ClientError.self) {
                try Credential.resolve(tokenFile: path, environment: [:], server: .standard)
            }
        }
        #expect(!"\(Credential(token: "secret"))".contains("secret"))
    }
}
