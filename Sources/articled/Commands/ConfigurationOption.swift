import ArgumentParser
import Foundation

/// The file of settings.
struct ConfigurationOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A file of settings, in YAML; its keys are the names of the options of serve. (default: $ARTICLED_CONFIG, or none)",
            valueName: "path"), completion: .file(extensions: ["yaml", "yml"]))
    var config: String?
}

extension SettingSources {
    /// Where this process's settings come from, `serve` or a command about them.
    static func ofProcess() -> SettingSources {
        let arguments = Array(CommandLine.arguments.dropFirst(2))
        return SettingSources(
            arguments: arguments, environment: ProcessInfo.processInfo.environment,
            file: CommandLineSettings.file(arguments))
    }
}

/// Brings the settings of environment and file to the parser of the command line, so that it sees all together.
enum CompletedArguments {
    /// - Parameter arguments: the program's, without its name.
    /// - Throws: ``ConfigurationError`` if environment or file have mistakes. Those of the command line are the parser's.
    static func of(_ arguments: [String], environment: [String: String]) throws -> [String] {
        let own = Array(arguments.dropFirst())
        switch arguments.first {
        case "serve" where !asksForWords(own):
            let sources = SettingSources(
                arguments: own, environment: environment, file: CommandLineSettings.file(own))
            let problems = ConfigurationCheck(sources: sources).problems()
            if problems.contains(where: { !$0.isUsage }) { throw ConfigurationError(problems: problems) }
            let inserted = sources.effective().filter { setting in
                !sources.flags.contains { $0.option == setting.option }
            }
            return ["serve"] + inserted.flatMap { $0.option.arguments($0.values) } + own
        case "check-config", "config":
            // They look at the settings themselves, and find more than the first mistake.
            return [arguments[0]] + CommandLineSettings.parse(own).rest
        default:
            return arguments
        }
    }

    /// Nothing will be started.
    private static func asksForWords(_ arguments: [String]) -> Bool {
        arguments.contains { ["-h", "--help", "-help", "--version", "--experimental-dump-help"].contains($0) }
    }
}
