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
