import ArgumentParser
import Core
import Foundation

/// An option of `articled serve`, as the parser of its command line describes it: there is no second list of them.
///
/// What is said of an option for the command line holds in the environment and in the file too.
struct SettingOption: Hashable, Sendable {
    /// The long name without dashes, which is the key in the file.
    let name: String
    /// It is said (`true`) or denied (`false`) and has no other value.
    let isFlag: Bool
    /// On the command line it is denied with `--no-…`.
    let hasNegation: Bool
    /// It may have several values.
    let isList: Bool
    /// What a value is, in a word: `time`.
    let valueName: String
    /// As it would be given; `nil` if nothing stands for it, or something that only the daemon knows.
    let defaultValue: String?
    /// All values there are, if they can be counted.
    let allowed: [String]
    /// What it is for, in a sentence.
    let abstract: String

    /// In the environment.
    var variable: String { "ARTICLED_" + name.uppercased().replacing("-", with: "_") }

    /// The file holds no secret itself; an option of such a name has the path of a file that does.
    var isSecretFile: Bool { ["-key", "password-file", "token-file", "secret-file"].contains { name.hasSuffix($0) } }

    /// How it is given on the command line.
    ///
    /// - Parameter values: one, unless it is a list; for a flag `true` or `false`.
    func arguments(_ values: [String]) -> [String] {
        guard isFlag else { return values.map { "--\(name)=\($0)" } }
        if values == ["true"] { return ["--\(name)"] }
        return hasNegation ? ["--no-\(name)"] : []
    }

    /// All options of `serve`, in the order of its help, but for the one that names the file.
    static let all: [SettingOption] = read(Serve._dumpHelp()).filter { $0.name != "config" }
    static let byName = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })

    /// The option whose name is the most like one that there is not; `nil` if none is much like it.
    static func nearest(to name: String, among names: [String] = all.map(\.name)) -> String? {
        let distances = names.map { ($0, EditDistance.between(name.lowercased().replacing("_", with: "-"), $0)) }
        guard let best = distances.min(by: { $0.1 < $1.1 }), best.1 <= max(1, name.count / 3) else { return nil }
        return best.0
    }

    // MARK: - The parser's description

    /// The part of the parser's description of a command that matters here.
    private struct Description: Decodable {
        struct Command: Decodable {
            let arguments: [Argument]?
        }
        struct Argument: Decodable {
            struct Name: Decodable {
                let kind: String
                let name: String
            }
            let kind: String
            let names: [Name]?
            let isRepeating: Bool
            let valueName: String?
            let defaultValue: String?
            let allValues: [String]?
            let abstract: String?

            var longName: String? { names?.first { $0.kind == "long" }?.name }
        }
        let command: Command
    }

    private static func read(_ json: String) -> [SettingOption] {
        let description: Description
        do {
            description = try JSONDecoder().decode(Description.self, from: Data(json.utf8))
        } catch {
            preconditionFailure("the parser describes its options in another way: \(error)")
        }
        let arguments = (description.command.arguments ?? []).filter { $0.kind != "positional" }
        let flags = Set(arguments.filter { $0.kind == "flag" }.compactMap(\.longName))
        return arguments.compactMap { argument -> SettingOption? in
            guard let name = argument.longName, !["help", "version"].contains(name) else { return nil }
            let isFlag = argument.kind == "flag"
            if isFlag, name.hasPrefix("no-"), flags.contains(String(name.dropFirst(3))) { return nil }
            return SettingOption(
                name: name, isFlag: isFlag, hasNegation: flags.contains("no-\(name)"), isList: argument.isRepeating,
                valueName: isFlag ? "true or false" : argument.valueName ?? "value",
                defaultValue: isFlag
                    ? String(argument.defaultValue == "--\(name)" || argument.defaultValue == "true")
                    : argument.defaultValue,
                allowed: argument.allValues ?? [], abstract: argument.abstract ?? "")
        }
    }
}
