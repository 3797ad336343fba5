/// The daemon's name and version, as `hello`, `--version` and the status say it.
enum Version {
    static let number = "1.0"
    static let product = "articled/1.0"
}
