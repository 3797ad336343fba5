import Logging
import Synchronization
import Testing

@testable import articled

@Suite("Reloading")
struct ReloaderTests {
    private struct Broken: Error {}

    private func configuration(_ arguments: String...) throws -> EffectiveConfiguration {
        try EffectiveConfiguration(SettingSources(arguments: arguments, environment: [:]))
    }

    @Test("a part gets the new settings, and the log says what changed")
    func change() throws {
        let log = CollectedLog()
        let bodies = Live(0)
        let (old, new) = (try configuration(), try configuration("--max-body", "100"))
        let part = Reloadable("articles", keys: ["max-body"]) { bodies.set($0.maxBody) }
        let reloader = Reloader(parts: [part], startedWith: old, load: { new }, logger: log.logger)
        #expect(reloader.reload())
        #expect(bodies.value == 100)
        #expect(log.lines == ["notice Reloaded the configuration changed=max-body: 65536 -> 100"])
        #expect(reloader.reload())
        #expect(log.lines.last == "notice Reloaded the configuration changed=nothing")
    }

    @Test("what no part takes is named until it is what it was at the start")
    func restart() throws {
        let log = CollectedLog()
        let old = try configuration("--threads", "1")
        let next = Live(try configuration("--threads", "2", "--node", "x"))
        let reloader = Reloader(parts: [], startedWith: old, load: { next.value }, logger: log.logger)
        #expect(reloader.reload() && reloader.reload())
        let warnings = [
            "warning A changed setting needs a restart change=node: none -> x setting=node",
            "warning A changed setting needs a restart change=threads: 1 -> 2 setting=threads",
        ]
        #expect(log.lines.filter { $0.hasPrefix("warning") } == warnings + warnings)
        next.set(old)
        #expect(reloader.reload())
        #expect(log.lines.last == "notice Reloaded the configuration changed=nothing")
    }

    @Test("if one part can't prepare, none changes")
    func allOrNothing() throws {
        let log = CollectedLog()
        let changed = Live(false)
        let parts = [
            Reloadable("first", keys: []) { _ in changed.set(true) },
            Reloadable(name: "second", keys: [], prepare: { _ in throw Broken() }),
        ]
        let configuration = try configuration()
        let ended = Live<[Bool]>([])
        let reloader = Reloader(
            parts: parts, startedWith: configuration, load: { configuration }, logger: log.logger,
            onEnd: { ended.set(ended.value + [$0]) })
        #expect(!reloader.reload())
        #expect(!changed.value)
        #expect(log.lines == ["error Nothing was reloaded; the old settings are kept error=Broken()"])
    }

    @Test("mistakes of the configuration are told one by one, and the old settings are kept")
    func mistakes() throws {
        let log = CollectedLog()
        let old = try configuration()
        let reloader = Reloader(
            parts: [], startedWith: old,
            load: {
                try EffectiveConfiguration(
                    SettingSources(environment: ["ARTICLED_PORT": "x", "ARTICLED_THREADS": "0"]))
            }, logger: log.logger)
        #expect(!reloader.reload())
        #expect(log.lines.count == 3 && log.lines.allSatisfy { $0.hasPrefix("error ") })
        #expect(log.lines.first?.hasPrefix("error ARTICLED_PORT: port: 'x' can't be used") == true, "\(log.lines)")
    }

    @Test("what is told of tokens is how many there are")
    func tokens() throws {
        let log = CollectedLog()
        let hash = String(repeating: "0f", count: 32)
        let new = try configuration("--token", "ci editor \(hash)")
        let part = Reloadable("tokens", keys: ["token"]) { _ in }
        _ = Reloader(parts: [part], startedWith: try configuration(), load: { new }, logger: log.logger).reload()
        #expect(log.lines == ["notice Reloaded the configuration changed=token: 0 -> 1"])
    }
}

/// A log for tests to look at: level, message, and metadata in the order of their names.
final class CollectedLog: Sendable {
    private let collected = Mutex<[String]>([])

    var lines: [String] { collected.withLock { $0 } }

    var logger: Logger { Logger(label: "test", factory: { _ in Handler(log: self) }) }

    private struct Handler: LogHandler {
        let log: CollectedLog
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        init(log: CollectedLog) {
            self.log = log
        }

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let words = (event.metadata ?? [:]).sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }
            log.collected.withLock { $0.append("\(event.level) \(event.message)\(words.joined())") }
        }
    }
}
