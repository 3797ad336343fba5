import Foundation
import Testing

@testable import articled

@Suite("Checking the configuration")
struct ConfigurationCheckTests {
    private func problems(
        _ text: String = "", environment: [String: String] = [:], arguments: [String] = []
    ) throws -> [String] {
        try withFile(text) { path in
            let sources = SettingSources(arguments: arguments, environment: environment, file: path)
            return ConfigurationCheck(sources).problems().map {
                $0.description.replacing(path, with: "a.yaml")
            }
        }
    }

    @Test("what is in order has no problems")
    func order() throws {
        #expect(try problems("port: 8001\ndrain-timeout: 5s\nrequire-auth: false\n").isEmpty)
        #expect(try problems(environment: ["ARTICLED_PORT": "1"], arguments: ["--port", "2"]).isEmpty)
    }

    @Test(
        "a value that the option does not take is told in words for a file",
        arguments: [
            (
                "port: 70000",
                "a.yaml:1:7: port: '70000' can't be used: a number from 0 to 65535 is needed"
            ),
            ("threads: x", "a.yaml:1:10: threads: 'x' can't be used: a whole number is needed"),
            ("max-body: x", "a.yaml:1:11: max-body: 'x' can't be used: a number of bytes is needed, as 65536"),
            (
                "drain-timeout: soon",
                "a.yaml:1:16: drain-timeout: 'soon' can't be used: a time is needed, as 250ms, 5s, 2m, 1h or 30d"
            ),
            ("threads: 0", "a.yaml:1:10: threads: must be from 1 to 1024."),
            (
                "store: x",
                "a.yaml:1:8: store: must be sqlite, memory:, or begin with redis://, redis+sentinel:// or redis+cluster://."
            ),
            (
                "trusted-proxy:\n  - 10.0.0.0/8\n  - nowhere",
                "a.yaml:3:5: trusted-proxy: 'nowhere' can't be used: an address is needed"
            ),
        ])
    func values(text: String, expected: String) throws {
        #expect(try problems(text) == [expected])
    }

    @Test("a level that there is not is answered with those that there are")
    func levels() throws {
        let found = try problems("log-level: loud")
        #expect(found.count == 1 && found[0].contains("it must be one of trace, debug, info"), "\(found)")
    }

    @Test("every mistake of every place is found, in the order of the lines")
    func everything() throws {
        let found = try problems(
            "threads: 0\nprot: 1\nbacklog: 1d\n", environment: ["ARTICLED_PORT": "x", "ARTICLED_COMPRESSION": "maybe"],
            arguments: ["--max-body", "0"])
        #expect(
            found.map { $0.split(separator: ": ").prefix(2).joined(separator: ": ") } == [
                "a.yaml:1:10: threads", "a.yaml:2:1: prot", "a.yaml:3:10: backlog", "ARTICLED_PORT: port",
                "ARTICLED_COMPRESSION: compression", "--max-body must be at least 1.",
            ])
    }

    @Test("a mistake is found although something else wins over it")
    func overridden() throws {
        #expect(try problems("port: x", arguments: ["--port", "1"]).count == 1)
    }

    @Test("settings that are right alone and wrong together are told once, and no good one is blamed")
    func together() throws {
        let hash = String(repeating: "ab", count: 32)
        let found = try problems("port: 1\ntoken:\n  - ci editor \(hash)\n  - CI viewer \(hash)\n")
        #expect(found == ["a.yaml:3:3: token: token, number 2, has the name CI, which another one has."])
    }

    @Test("a token by mistake is not repeated")
    func secrets() throws {
        let found = try problems("token: [ci editor hunter2hunter2]")
        #expect(found.count == 1 && !found[0].contains("hunter2"), "\(found)")
    }

    @Test("a file with a secret must be there and must not be everybody's")
    func secretFiles() throws {
        try withFile("secret\n") { secret in
            chmod(secret, 0o644)
            let everybody = try problems("store-password-file: \(secret)")
            #expect(everybody.count == 1 && everybody[0].contains("can be read by everybody: chmod o-rwx"))
            chmod(secret, 0o640)
            #expect(try problems("store-password-file: \(secret)").isEmpty)
        }
        let missing = try problems("store-password-file: /nonexistent/x")
        #expect(
            missing == [
                "a.yaml:1:22: store-password-file: /nonexistent/x can't be read: No such file or directory"
            ])
    }

    @Test("a certificate and a key that are not there are told both, each at its place")
    func certificates() throws {
        let found = try problems("tls-key: /nonexistent/k\ntls-cert: /nonexistent/c\n")
        #expect(found.count == 2)
        #expect(found.first?.hasPrefix("a.yaml:1:10: tls-key: /nonexistent/k can't be read") == true, "\(found)")
        #expect(
            found.last?.hasPrefix("a.yaml:2:11: tls-cert: The certificate /nonexistent/c can't be read") == true,
            "\(found)")
    }

    @Test("a variable that nothing reads is noticed if it is much like one that something does")
    func variables() {
        let sources = SettingSources(environment: ["ARTICLED_PROT": "1", "ARTICLED_SERVICE_HOST": "x", "PORT": "1"])
        #expect(
            sources.strangeVariables.map(\.description) == [
                "ARTICLED_PROT: nothing reads this variable; did you mean ARTICLED_PORT?"
            ])
    }
}

/// A file for as long as something is done with it.
func withFile<Result>(_ text: String, _ work: (String) throws -> Result) throws -> Result {
    let path = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).yaml")
    try Data(text.utf8).write(to: path)
    defer { try? FileManager.default.removeItem(at: path) }
    return try work(path.path)
}
