import ArgumentParser
import Foundation

/// Which database a command is about: a file, for other stores take care of themselves.
struct DatabaseLocation: ParsableArguments {
    @OptionGroup var file: ConfigurationOption

    @Option(
        help: ArgumentHelp(
            "The daemon's data directory. (default: $ARTICLED_DATA_DIR, the file of --config, $XDG_DATA_HOME/articled or ~/.local/share/articled)",
            valueName: "path"))
    var dataDir: String?

    @Option(
        help: ArgumentHelp(
            "The daemon's store, as for serve; only \"sqlite\" is a file. (default: $ARTICLED_STORE, the file of --config, or sqlite)",
            valueName: "store"))
    var store: StoreKind?

    /// The path of the data directory.
    ///
    /// - Parameter instead: what to do where the store is a Redis.
    /// - Throws: ``StoreError`` if the store has no file.
    func dataDirectory(
        instead: String, environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws -> String {
        let settings = try SettingSources(environment: environment, file: file.config).values(of: ["data-dir", "store"])
        let kind = store ?? settings["store"].map(StoreKind.init) ?? .sqlite
        try kind.check()
        switch kind {
        case .redis(let location):
            throw StoreError(
                code: .inaccessible,
                message: "The store is \(location.description), not a file of articled's. \(instead)")
        case .memory:
            throw StoreError(code: .inaccessible, message: "A store in memory is gone with its daemon and has no file.")
        case .sqlite, .invalid:
            return dataDir ?? settings["data-dir"] ?? DataDirectory.defaultPath(environment: environment)
        }
    }

    /// The path of the database, which must be there.
    func database(instead: String) throws -> String {
        let file = try dataDirectory(instead: instead) + "/" + SQLiteStore.fileName
        guard FileManager.default.fileExists(atPath: file) else {
            throw StoreError(code: .inaccessible, message: "There is no database \(file). Check --data-dir.")
        }
        return file
    }
}
