import Logging
import ServiceLifecycle
import Synchronization
import UnixSignals

/// Reads the configuration again at every SIGHUP, and gives it to the parts that can take it.
///
/// All or nothing: a mistake in the file, or a part that can't prepare, leaves everything as it was. What no part takes
/// needs a restart, which a warning says until it happens or the setting is what it was.
final class Reloader: Service {
    private let parts: [Reloadable]
    private let started: EffectiveConfiguration
    private let current: Mutex<EffectiveConfiguration>
    private let load: @Sendable () throws -> EffectiveConfiguration
    private let logger: Logger
    private let onBegin: @Sendable () -> Void
    private let onEnd: @Sendable (_ succeeded: Bool) -> Void

    /// - Parameters:
    ///   - configuration: what the daemon was started with.
    ///   - load: reads it from where it came from.
    ///   - onBegin: called before a reload begins: whoever supervises the daemon is told there.
    ///   - onEnd: called when it is over, with its outcome.
    init(
        parts: [Reloadable], startedWith configuration: EffectiveConfiguration,
        load: @escaping @Sendable () throws -> EffectiveConfiguration, logger: Logger,
        onBegin: @escaping @Sendable () -> Void = {}, onEnd: @escaping @Sendable (_ succeeded: Bool) -> Void = { _ in }
    ) {
        self.parts = parts
        started = configuration
        current = Mutex(configuration)
        self.load = load
        self.logger = logger
        self.onBegin = onBegin
        self.onEnd = onEnd
    }

    func run() async throws {
        for await _ in await UnixSignalsSequence(trapping: .sighup).cancelOnGracefulShutdown() {
            guard !HangUp.isTerminalGone else {
                logger.notice("The terminal has gone")
                HangUp.stop()
                continue
            }
            onBegin()
            onEnd(reload())
        }
    }

    /// - Returns: whether the new settings are in force.
    func reload() -> Bool {
        do {
            let new = try load()
            let changes = try parts.map { part in (part.name, try part.prepare(new.settings)) }
            for (name, change) in changes {
                if let text = change() { logger.notice("Reloaded the \(name)", metadata: ["now": "\(text)"]) }
            }
            let live = parts.reduce(into: Set<String>()) { $0.formUnion($1.keys) }
            tell(new, live: live)
            current.withLock { $0 = new }
            return true
        } catch let error as ConfigurationError {
            for problem in error.problems { logger.error("\(problem)") }
            logger.error("Nothing was reloaded, for the configuration has mistakes; the old settings are kept")
        } catch {
            logger.error("Nothing was reloaded; the old settings are kept", metadata: ["error": "\(error)"])
        }
        return false
    }

    private func tell(_ new: EffectiveConfiguration, live: Set<String>) {
        let old = current.withLock { $0 }
        let changed = SettingOption.all.filter { live.contains($0.name) && new.values(of: $0) != old.values(of: $0) }
        let text = changed.map { new.change(of: $0, from: old) }.joined(separator: "; ")
        logger.notice("Reloaded the configuration", metadata: ["changed": "\(text.isEmpty ? "nothing" : text)"])
        for option in SettingOption.all
        where !live.contains(option.name) && new.values(of: option) != started.values(of: option) {
            logger.warning(
                "A changed setting needs a restart",
                metadata: ["setting": "\(option.name)", "change": "\(new.change(of: option, from: started))"])
        }
    }
}

extension EffectiveConfiguration {
    /// For the log: `max-body: 100 -> 200`.
    fileprivate func change(of option: SettingOption, from old: EffectiveConfiguration) -> String {
        // Not even hashes of tokens belong into a log.
        guard option.name != "token" else {
            return "token: \(old.values(of: option).count) -> \(values(of: option).count)"
        }
        func text(_ values: [String]) -> String { values.isEmpty ? "none" : values.joined(separator: ", ") }
        return "\(option.name): \(text(old.values(of: option))) -> \(text(values(of: option)))"
    }
}
