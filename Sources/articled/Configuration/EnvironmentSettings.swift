import Configuration
import Core

/// Which settings the environment has: `ARTICLED_` and the name of an option, in capitals and with `_` for `-`.
enum EnvironmentSettings {
    /// - Parameter variables: all; lists have commas between their values.
    static func read(_ variables: [String: String]) -> [GivenSetting] {
        let provider = EnvironmentVariablesProvider(environmentVariables: variables).prefixKeys(with: "articled")
        let reader = ConfigReader(provider: provider)
        return SettingOption.all.compactMap { option in
            let key = ConfigKey([option.name])
            let values = option.isList ? reader.stringArray(forKey: key) : reader.string(forKey: key).map { [$0] }
            return values.map { GivenSetting(option: option, values: $0, source: .environment(option.variable)) }
        }
    }

    /// Variables that nothing reads and whose names are much like one that something does. Others of the prefix may be
    /// somebody else's: container systems make some.
    static func strange(_ variables: [String: String]) -> [ConfigurationProblem] {
        let known = SettingOption.all.map(\.variable) + ["ARTICLED_CONFIG", "ARTICLED_STORE_PASSWORD"]
        return variables.keys.filter { $0.hasPrefix("ARTICLED_") && !known.contains($0) }.sorted().compactMap { name in
            guard let nearest = known.min(by: { EditDistance.between(name, $0) < EditDistance.between(name, $1) }),
                EditDistance.between(name, nearest) <= 2
            else { return nil }
            return ConfigurationProblem(
                .environment(name), key: nil, "nothing reads this variable; did you mean \(nearest)?")
        }
    }
}
