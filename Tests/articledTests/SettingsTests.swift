import ArgumentParser
import NIOCore
import Testing

@testable import articled

@Suite("Settings")
struct SettingsTests {
    @Test(
        "times are seconds, or have a unit",
        arguments: [
            ("5", 5000), ("250ms", 250), ("1.5s", 1500), ("2m", 120_000), ("1h", 3_600_000), ("1d", 86_400_000),
            ("0", 0),
        ] as [(String, Int64)])
    func times(text: String, milliseconds: Int64) {
        #expect(TimeSpan(argument: text)?.amount == .milliseconds(milliseconds))
    }

    @Test("what is no time is refused", arguments: ["", "x", "5x", "-1", "ms", "1e300d", "nan"])
    func badTimes(text: String) {
        #expect(TimeSpan(argument: text) == nil)
    }

    @Test("retention has a number, bytes, an age, or several")
    func retention() {
        #expect(Retention(argument: "5") == Retention(events: 5))
        #expect(Retention(argument: "5,16MiB") == Retention(events: 5, bytes: 16 * 1024 * 1024))
        #expect(Retention(argument: "1000000,30d") == Retention(events: 1_000_000, age: .hours(720)))
        for text in ["", "x", "5,", "-1", "0", "16MB"] { #expect(Retention(argument: text) == nil, "\(text)") }
    }

    @Test("a store in memory can be written without what YAML takes for a mark", arguments: ["memory", "memory:"])
    func memory(text: String) {
        #expect(StoreKind(argument: text) == .memory)
    }

    @Test(
        "origins are what browsers send",
        arguments: ["https://news.example", "http://127.0.0.1:8000", "http://[::1]:80", "null", "app://x"])
    func origins(text: String) throws {
        #expect(try Settings.parse(["--allowed-origin", text]).allowedOrigins == [text])
    }

    @Test(
        "what makes no sense is refused",
        arguments: [
            ["--threads", "0"], ["--max-body", "0"], ["--queue", "0"], ["--queue", "1d"], ["--ping-interval", "1ms"],
            ["--backlog", "3d"], ["--queue", "100,10"], ["--drain-delay", "99999d"], ["--allowed-origin", "nonsense"],
            ["--allowed-origin", "https://a.b/path"], ["--allowed-origin", "https://A.b"],
            ["--retention", "1MiB"], ["--port", "70000"], ["--store", "x"],
            ["--token", "ci editor secret"], ["--session-idle", "0"],
        ])
    func nonsense(arguments: [String]) {
        #expect(throws: (any Error).self) { try Settings.parse(arguments) }
    }
}
