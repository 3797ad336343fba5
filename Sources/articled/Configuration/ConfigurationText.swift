import Core

/// Settings as a file of them: the effective ones, or an example of all.
enum ConfigurationText {
    /// All settings that a daemon would run with, each with where it came from. A file like this gives the same ones.
    static func effective(_ configuration: EffectiveConfiguration) -> [String] {
        SettingOption.all.flatMap { option -> [String] in
            let given = configuration.given.first { $0.option == option }
            let values = configuration.values(of: option)
            let source = given?.source.text ?? "default"
            guard !values.isEmpty || given != nil else { return ["# \(option.name):  # \(source)"] }
            return lines(option, values, comment: "  # \(source)")
        }
    }

    /// A file that changes nothing: every setting with its default and what it is for, as a comment.
    static func example() -> [String] {
        let head = """
            # Settings of articled. Start it with: articled serve --config FILE
            #
            # Each key is the name of an option of `articled serve`; an option wins over its variable in the environment
            # (ARTICLED_PORT for port), and that over this file. What is a comment here is the default.
            #
            # Times: 250ms, 5s, 2m, 1h, 30d. Sizes: bytes, or 64KiB, 16MiB, 1GiB where several limits may be given.
            # Secrets do not belong here, but into files of their own that only articled may read.
            #
            # articled check-config --config FILE    finds every mistake in it
            # articled config --config FILE          shows what is in force, and where it comes from
            # systemctl reload articled, or SIGHUP   reads it again; what needs a restart is named in the log
            """
        return head.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
            + SettingOption.all.flatMap { option -> [String] in
                let values = option.defaultValue.map { [$0] } ?? []
                return [""] + wrapped(option.abstract).map { "# \($0)" }
                    + lines(option, values, comment: "").map { "#\($0)" }
            }
    }

    private static func lines(_ option: SettingOption, _ values: [String], comment: String) -> [String] {
        guard option.isList else {
            return ["\(option.name):\(values.first.map { " " + scalar($0) } ?? "")\(comment)"]
        }
        guard !values.isEmpty else { return ["\(option.name): []\(comment)"] }
        return ["\(option.name):\(comment)"] + values.map { "  - \(scalar($0))" }
    }

    /// A value that YAML reads as the same text. What might be anything else stands in quotes, as in JSON.
    static func scalar(_ text: String) -> String {
        let isPlain =
            text.wholeMatch(of: /[A-Za-z0-9\/.][A-Za-z0-9\/._+=,@%:?-]*/) != nil && !text.hasSuffix(":")
            && !["null", "Null", "NULL"].contains(text)
        return isPlain ? text : String(decoding: JSONValue.string(text).bytes, as: UTF8.self)
    }

    private static func wrapped(_ text: String, at width: Int = 116) -> [String] {
        var lines = [""]
        for word in text.split(separator: " ") {
            if lines[lines.count - 1].count + word.count >= width { lines.append("") }
            lines[lines.count - 1] += (lines[lines.count - 1].isEmpty ? "" : " ") + word
        }
        return lines
    }
}
