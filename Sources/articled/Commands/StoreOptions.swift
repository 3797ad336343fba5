import ArgumentParser
import Foundation

/// Which daemon a command is about: where its data are, and what keeps its articles.
struct StoreOptions: ParsableArguments {
    @OptionGroup var file: ConfigurationOption

    @Option(
        help: ArgumentHelp(
            "The daemon's data directory. (default: $ARTICLED_DATA_DIR, the file of --config, the packaged daemon's for root and its account, $XDG_DATA_HOME/articled or ~/.local/share/articled)",
            valueName: "path"))
    var dataDir: String?

    @Option(
        help: ArgumentHelp(
            "The daemon's store, as for serve: \"sqlite\", \"redis://…\". (default: $ARTICLED_STORE, the file of --config, or sqlite)",
            valueName: "store"))
    var store: StoreKind?

    /// What the options say, and where they say nothing the environment and the file of settings.
    struct Resolved {
        /// The path of the data directory.
        let dataDirectory: String
        let store: StoreKind
        /// Other settings that were asked for, by name.
        let settings: [String: String]
    }

    /// - Parameters:
    ///   - names: further settings that the command needs.
    ///   - packaged: what is meant where nothing is named.
    /// - Throws: ``ConfigurationError`` for mistakes in file or environment; what ``StoreKind/check()`` finds.
    func resolved(
        with names: Set<String> = [], environment: [String: String] = ProcessInfo.processInfo.environment,
        packaged: PackagedData = PackagedData()
    ) throws -> Resolved {
        let place = packaged.resolved(file: file.config, dataDirectory: dataDir, environment: environment)
        let settings = try SettingSources(environment: environment, file: place.file)
            .values(of: names.union(["data-dir", "store"]))
        let store = store ?? settings["store"].map(StoreKind.init) ?? .sqlite
        try store.check()
        return Resolved(
            dataDirectory: dataDir ?? settings["data-dir"] ?? place.dataDirectory,
            store: store, settings: settings)
    }
}
