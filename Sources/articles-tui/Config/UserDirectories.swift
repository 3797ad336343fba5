import Foundation

/// Where a user's files are (XDG Base Directory Specification).
struct UserDirectories {
    private let environment: [String: String]

    init(_ environment: [String: String]) {
        self.environment = environment
    }

    var config: String { base("XDG_CONFIG_HOME", ".config") + "/articles/tui.toml" }
    var state: String { base("XDG_STATE_HOME", ".local/state") + "/articles" }

    /// A relative path in such a variable is to be ignored.
    private func base(_ name: String, _ standard: String) -> String {
        if let directory = environment[name], directory.hasPrefix("/") { return directory }
        return (environment["HOME"] ?? NSHomeDirectory()) + "/" + standard
    }
}
