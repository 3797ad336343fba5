import Core

/// The daemon's name and version, as `hello`, `--version` and the status say it.
enum Version {
    static let number = ProjectVersion.number
    static let product = "articled/\(number)"
}
