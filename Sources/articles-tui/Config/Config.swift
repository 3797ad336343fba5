import ArticlesClient
import Core

/// What the user set in `tui.toml`.
struct Config: Sendable {
    struct Server: Hashable, Sendable {
        var name: String
        var url: ServerURL
        var tokenFile: String?
        var caFile: String?
        var topics: [String] = []
    }

    /// `nil` lets the terminal decide.
    var theme: String?
    /// Looks that differ from the theme's: a role and its words.
    var colors: [(role: String, look: String)] = []
    var isASCII = false
    var usesMouse = true
    var isFollowing = true
    /// Rings for each article that arrives.
    var bell = false
    /// A shell command that is run for an article that arrives, with title, topic and link as arguments.
    var notify: String?
    /// How many articles to begin with.
    var last = 100
    /// How many articles are kept on disk for each server.
    var cache = 20_000
    /// The server to begin with, by name.
    var server: String?
    var servers: [Server] = []
    var keys = KeyMap.standard
}

/// What is wrong with a configuration: each place with its line and key.
struct ConfigError: Error, Hashable, CustomStringConvertible {
    struct Problem: Hashable {
        /// From 1; `nil` if it could not be told.
        var line: Int?
        /// Such as `keys.down`; empty for the syntax.
        var key: String
        var message: String
    }

    let file: String
    let problems: [Problem]

    /// A line for each problem.
    var description: String {
        problems.map { problem in
            let place = problem.line.map { "\(file), line \($0)" } ?? file
            return place + (problem.key.isEmpty ? ": " : ": \(problem.key) ") + problem.message
        }.joined(separator: "\n")
    }
}

extension Config {
    /// A theme with the user's own looks.
    func theme(named name: String) -> Theme? {
        guard var theme = Theme(named: name) else { return nil }
        for (role, look) in colors { theme.paint(role, with: look) }
        return theme
    }

    /// The theme to begin with.
    ///
    /// - Parameter colors: how many the terminal has.
    func theme(colors: Int, environment: [String: String]) -> Theme {
        // Some terminals say what their background is: 7 and from 9 on are light ones.
        let background = environment["COLORFGBG"]?.split(separator: ";").last.flatMap { Int($0) }
        let isLight = background.map { $0 == 7 || $0 >= 9 } ?? false
        let name = theme ?? (colors < 256 ? "sixteen" : isLight ? "light" : "dark")
        return theme(named: name) ?? .plain
    }
}
