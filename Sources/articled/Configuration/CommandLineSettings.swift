/// Which settings a command line has.
enum CommandLineSettings {
    /// Reads them off the arguments of `serve`, and what else there is, which is the parser's affair.
    static func parse(_ arguments: [String]) -> (given: [GivenSetting], rest: [String]) {
        var given: [String: GivenSetting] = [:]
        var unread = arguments[...]
        var rest: [String] = []
        while let argument = unread.popFirst() {
            guard argument.hasPrefix("--") else {
                rest.append(argument)
                continue
            }
            let parts = argument.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = String(parts[0])
            let attached = parts.count == 2 ? String(parts[1]) : nil
            if let option = SettingOption.byName[name] {
                let value = option.isFlag ? "true" : attached ?? unread.popFirst()
                guard let value else {
                    rest.append(argument)
                    break
                }
                let before = option.isList ? given[name]?.values ?? [] : []
                given[name] = GivenSetting(option: option, values: before + [value], source: .flag(name))
            } else if name.hasPrefix("no-"), let option = SettingOption.byName[String(name.dropFirst(3))],
                option.hasNegation
            {
                given[option.name] = GivenSetting(option: option, values: ["false"], source: .flag(name))
            } else {
                rest.append(argument)
            }
        }
        return (SettingOption.all.compactMap { given[$0.name] }, rest)
    }

    /// The value of the option `--config`, which is no setting.
    static func file(_ arguments: [String]) -> String? {
        for (index, argument) in arguments.enumerated() {
            if argument.hasPrefix("--config=") { return String(argument.dropFirst("--config=".count)) }
            if argument == "--config", index + 1 < arguments.count { return arguments[index + 1] }
        }
        return nil
    }
}
