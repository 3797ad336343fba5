import Configuration
import Foundation
import Synchronization

/// All places that settings come from: the command line wins over the environment, that over the file, and that over
/// what stands for an option that nobody gave.
struct SettingSources: Sendable {
    let flags: [GivenSetting]
    let environment: [GivenSetting]
    let file: ConfigurationFile?
    /// What the environment has that looks as if it were meant for the daemon, and is not.
    let strangeVariables: [ConfigurationProblem]

    /// - Parameters:
    ///   - arguments: those of `serve`.
    ///   - file: a path; wins over `ARTICLED_CONFIG`. An empty one means none.
    init(arguments: [String] = [], environment: [String: String], file: String? = nil) {
        flags = CommandLineSettings.parse(arguments).given
        self.environment = EnvironmentSettings.read(environment)
        strangeVariables = EnvironmentSettings.strange(environment)
        let path = file ?? environment["ARTICLED_CONFIG"] ?? ""
        self.file = path.isEmpty ? nil : ConfigurationFile(reading: path)
    }

    /// All that was given anywhere, also what something else wins over.
    var given: [GivenSetting] { flags + environment + (file?.settings ?? []) }

    /// What is in force, one of each option; those that nobody gave are not among them.
    func effective() -> [GivenSetting] {
        let sources = [flags, environment, file?.settings ?? []]
        let winner = Winner()
        let reader = ConfigReader(
            providers: zip(["flags", "environment", "file"], sources).map(Self.provider), accessReporter: winner)
        return SettingOption.all.compactMap { option in
            let key = ConfigKey([option.name])
            if option.isList { _ = reader.stringArray(forKey: key) } else { _ = reader.string(forKey: key) }
            return winner.index.withLock { $0 }.flatMap { sources[$0].first { $0.option == option } }
        }
    }

    /// A few settings, for commands that need no others.
    ///
    /// - Returns: those that were given, by name.
    /// - Throws: ``ConfigurationError`` if the file has mistakes, or the environment in one of these: another store than
    ///   the one that is meant must not be changed.
    func values(of names: Set<String>) throws -> [String: String] {
        guard file != nil || !given.isEmpty else { return [:] }
        let check = ConfigurationCheck(self)
        let problems = check.problems().filter { problem in
            problem.line != nil || problem.key.map(names.contains) ?? true
        }
        guard problems.isEmpty else { throw ConfigurationError(problems: problems) }
        return Dictionary(
            uniqueKeysWithValues: check.effective.filter { names.contains($0.option.name) }.compactMap { setting in
                setting.values.first.map { (setting.option.name, $0) }
            })
    }

    /// Notices which of a reader's providers a value came from.
    private final class Winner: AccessReporter {
        let index = Mutex<Int?>(nil)

        func report(_ event: AccessEvent) {
            let found = event.providerResults.firstIndex { (try? $0.result.get().value) != nil }
            index.withLock { $0 = found }
        }
    }

    private static func provider(name: String, settings: [GivenSetting]) -> InMemoryProvider {
        InMemoryProvider(
            name: name,
            values: Dictionary(
                uniqueKeysWithValues: settings.map { setting in
                    let isList = setting.option.isList
                    let content: ConfigContent =
                        isList ? .stringArray(setting.values) : .string(setting.values.first ?? "")
                    return (AbsoluteConfigKey([setting.option.name]), ConfigValue(content, isSecret: false))
                }))
    }
}
