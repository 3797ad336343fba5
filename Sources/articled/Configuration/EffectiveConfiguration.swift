import ArgumentParser

/// The settings that a daemon runs with, and where each came from.
struct EffectiveConfiguration: Sendable {
    let settings: Settings
    /// One of each option that somebody gave.
    let given: [GivenSetting]

    /// - Throws: ``ConfigurationError`` with all that is wrong.
    init(_ sources: SettingSources) throws {
        let problems = ConfigurationCheck(sources: sources).problems()
        guard problems.isEmpty else { throw ConfigurationError(problems: problems) }
        given = sources.effective()
        settings = try Serve.parse(given.flatMap { $0.option.arguments($0.values) }).settings
    }

    /// What stands for an option: what was given, or else its default.
    func values(of option: SettingOption) -> [String] {
        given.first { $0.option == option }?.values ?? option.defaultValue.map { [$0] } ?? []
    }
}

/// What is wrong with the configuration.
struct ConfigurationError: Error, CustomStringConvertible {
    let problems: [ConfigurationProblem]

    /// `EX_CONFIG` of `sysexits.h`.
    static let exitStatus: Int32 = 78

    var description: String { problems.map(\.description).joined(separator: "\n") }
}
