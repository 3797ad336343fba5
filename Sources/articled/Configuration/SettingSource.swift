/// Where a setting was given.
enum SettingSource: Hashable, Sendable {
    case flag(String)
    case environment(String)
    /// Lines and columns count from 1; columns are characters.
    case file(path: String, line: Int, column: Int)
    case defaults

    /// For people: `--port`, `ARTICLED_PORT`, `articled.yaml:3`.
    var text: String {
        switch self {
        case .flag(let name): "--\(name)"
        case .environment(let variable): variable
        case .file(let path, let line, _): "\(path):\(line)"
        case .defaults: "default"
        }
    }
}

/// What is wrong with the configuration, in one place.
struct ConfigurationProblem: Hashable, Sendable, CustomStringConvertible {
    /// Where: `articled.yaml:3:7`, `ARTICLED_PORT`, `--port`.
    let place: String
    /// Which setting; `nil` if it is about more than one, or none.
    let key: String?
    /// What is wrong and what would be right, without a full stop at its end if it has but one sentence.
    let message: String
    /// It is about the command line alone.
    private(set) var isUsage = false
    /// Of the file.
    private(set) var line: Int?

    init(_ source: SettingSource, key: String?, _ message: String) {
        switch source {
        case .file(let path, let line, let column):
            place = "\(path):\(line):\(column)"
            self.line = line
        default: place = source.text
        }
        if case .flag = source { isUsage = true }
        self.key = key
        self.message = message
    }

    init(file path: String, _ message: String) {
        place = path
        key = nil
        self.message = message
    }

    /// One line, whatever the file has in it.
    var description: String {
        let text =
            switch key {
            // Of the command line the parser speaks, which names the option itself.
            case _ where isUsage && message.hasPrefix(place): message
            case let key? where !isUsage: "\(place): \(key): \(message)"
            default: "\(place): \(message)"
            }
        return text.unicodeScalars.reduce(into: "") { line, scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator:
                line += "\\u{\(String(scalar.value, radix: 16))}"
            default: line.unicodeScalars.append(scalar)
            }
        }
    }
}

/// A setting as it was given somewhere.
struct GivenSetting: Hashable, Sendable {
    let option: SettingOption
    /// One, unless the option is a list; for a flag `true` or `false`.
    let values: [String]
    let source: SettingSource
    /// Where each value stands, as far as that is known better.
    var valueSources: [SettingSource] = []

    /// How it is given on the command line.
    var arguments: [String] { option.arguments(values) }

    /// A list's values, each for itself.
    var parts: [GivenSetting] {
        guard option.isList else { return [self] }
        return values.enumerated().map { index, value in
            let place = index < valueSources.count ? valueSources[index] : source
            return GivenSetting(option: option, values: [value], source: place)
        }
    }
}
