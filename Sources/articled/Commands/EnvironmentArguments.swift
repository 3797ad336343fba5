import ArgumentParser

/// Options from the environment, `ARTICLED_` and the option's name, put before those of the command line, which win.
enum EnvironmentArguments {
    static func insert(into arguments: [String], from environment: [String: String]) -> [String] {
        guard arguments.first == "serve" else { return arguments }
        let names = optionNames
        let given = Set(
            arguments.compactMap { $0.hasPrefix("--") ? $0.split(separator: "=").first.map(String.init) : nil })
        var inserted: [String] = []
        for name in names where !given.contains("--\(name)") {
            let variable = "ARTICLED_" + name.uppercased().map { $0 == "-" ? "_" : String($0) }.joined()
            if let value = environment[variable] { inserted.append("--\(name)=\(value)") }
        }
        return [arguments[0]] + inserted + arguments.dropFirst()
    }

    /// The long names of the options of `serve`, read off the settings themselves.
    static var optionNames: [String] {
        Mirror(reflecting: Settings()).children.compactMap { child in
            guard let label = child.label?.drop(while: { $0 == "_" }) else { return nil }
            let name = label == "allowedOrigins" ? "allowedOrigin" : String(label)
            return name.map { $0.isUppercase ? "-" + $0.lowercased() : String($0) }.joined()
        }
    }
}
