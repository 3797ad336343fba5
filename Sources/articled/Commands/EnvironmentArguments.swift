import ArgumentParser

/// Options from the environment, `ARTICLED_` and the option's name, put before those of the command line, which win.
enum EnvironmentArguments {
    static func insert(into arguments: [String], from environment: [String: String]) -> [String] {
        guard arguments.first == "serve" else { return arguments }
        let given = Set(
            arguments.compactMap { $0.hasPrefix("--") ? $0.split(separator: "=").first.map(String.init) : nil })
        var inserted: [String] = []
        for option in options where !given.contains("--\(option.name)") && !given.contains("--no-\(option.name)") {
            let variable = "ARTICLED_" + option.name.uppercased().map { $0 == "-" ? "_" : String($0) }.joined()
            guard let value = environment[variable] else { continue }
            switch (option.isFlag, value) {
            case (true, "true"): inserted.append("--\(option.name)")
            case (true, "false"): inserted.append("--no-\(option.name)")
            // What is neither is refused with the option's name, as on the command line.
            default: inserted.append("--\(option.name)=\(value)")
            }
        }
        return [arguments[0]] + inserted + arguments.dropFirst()
    }

    /// An option of `serve`.
    struct Option: Hashable {
        /// The long name.
        let name: String
        /// It is said or denied (`--no-…`) and has no value.
        let isFlag: Bool
    }

    /// Those whose option is in the singular.
    private static let repeated = ["allowedOrigins": "allowedOrigin", "trustedProxies": "trustedProxy"]

    /// The options of `serve`, read off the settings themselves.
    static var options: [Option] {
        let settings = Mirror(reflecting: Settings()).children
        let ofRedis = Mirror(reflecting: RedisOptions()).children
        return (Array(settings) + Array(ofRedis)).compactMap { child in
            guard !(child.value is OptionGroup<RedisOptions>), let label = child.label?.drop(while: { $0 == "_" })
            else { return nil }
            let name = repeated[String(label)] ?? String(label)
            return Option(
                name: name.map { $0.isUppercase ? "-" + $0.lowercased() : String($0) }.joined(),
                isFlag: child.value is Flag<Bool>)
        }
    }
}
