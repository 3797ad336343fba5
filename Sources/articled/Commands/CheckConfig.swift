import ArgumentParser
import Foundation

/// `articled check-config`: every mistake, before anything is started.
struct CheckConfig: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check-config", abstract: "Find every mistake in a file of settings, with its line.",
        usage: "articled check-config [--config <path>] [<options of serve>]",
        discussion: """
            Checks what the environment and options of serve give too, if there are any, and all of them together. \
            Starts nothing. Exit status: 0 if all is well, 78 if there are mistakes, 64 if all of them are in options \
            of the command line; each is on a line of standard error with file, line, column and key.

            Examples:
              articled check-config --config /etc/articled/articled.yaml
              articled check-config --config articled.yaml --port 8001
            """)

    @OptionGroup var file: ConfigurationOption

    func run() throws {
        let sources = SettingSources.ofProcess()
        for warning in sources.strangeVariables { ListOutput.say("warning: \(warning)") }
        let problems = ConfigurationCheck(sources).problems()
        guard problems.isEmpty else { throw ConfigurationError(problems: problems) }
        let what = sources.file.map { "\($0.path) is in order" } ?? "No file was given; the rest is in order"
        ListOutput.write(["\(what): \(CountText(sources.given.count, "setting"))."])
    }
}
