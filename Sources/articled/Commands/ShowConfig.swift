import ArgumentParser

/// `articled config`: what would be in force.
struct ShowConfig: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Print all settings that serve would run with, and where each comes from.",
        usage: "articled config [--config <path>] [--example] [<options of serve>]",
        discussion: """
            Writes a file of settings, without secrets: options of serve win over the environment (ARTICLED_…), that \
            over the file, that over the defaults.

            Examples:
              articled config --config /etc/articled/articled.yaml
              articled config --example > articled.yaml
            """)

    @OptionGroup var file: ConfigurationOption

    @Flag(help: "Print a file with every setting, its default and what it is for, all of them as comments.")
    var example = false

    func run() throws {
        guard !example else { return ListOutput.write(ConfigurationText.example()) }
        ListOutput.write(ConfigurationText.effective(try EffectiveConfiguration(SettingSources.ofProcess())))
    }
}
