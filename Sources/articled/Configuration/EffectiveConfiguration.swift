import ArgumentParser

/// The settings that a daemon runs with, and where each came from.
struct EffectiveConfiguration: Sendable {
    let settings: Settings
    /// One of each option that somebody gave.
    let given: [GivenSetting]

    /// - Throws: ``ConfigurationError`` with all that is wrong.
    init(_ sources: SettingSources) throws {
        let check = ConfigurationCheck(sources)
        try self.init(check, problems: check.problems())
    }

    /// - Parameter problems: what the check has found.
    /// - Throws: ``ConfigurationError`` if there are any.
    init(_ check: ConfigurationCheck, problems: [ConfigurationProblem]) throws {
        guard problems.isEmpty, let settings = check.settings else { throw ConfigurationError(problems: problems) }
        given = check.effective
        self.settings = settings
    }

    /// What stands for an option: what was given, or else its default.
    func values(of option: SettingOption) -> [String] {
        given.first { $0.option == option }?.values ?? option.defaultValue.map { [$0] } ?? []
    }
}

/// What is wrong with the configuration.
struct ConfigurationError: Error, CustomStringConvertible {
    let problems: [ConfigurationProblem]

    /// Of `sysexits.h`: `EX_USAGE` if all of it is on the command line, else `EX_CONFIG`.
    var exitStatus: Int32 { problems.allSatisfy(\.isUsage) ? 64 : 78 }

    var description: String { problems.map(\.description).joined(separator: "\n") }
}
