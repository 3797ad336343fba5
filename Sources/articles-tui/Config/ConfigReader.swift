import ArticlesClient
import Core
import Foundation
import TOMLKit

/// Reads `tui.toml`, and names every key in it that can't be used.
struct ConfigReader {
    private static let members = [
        "theme", "ascii", "mouse", "follow", "bell", "notify", "last", "cache", "server", "servers", "keys", "colors",
    ]
    private static let serverMembers = ["url", "token-file", "ca-file", "topics"]

    private let places: ConfigPlaces
    private var config = Config()
    private var problems: [ConfigError.Problem] = []

    /// - Parameter file: its name, for messages.
    static func read(_ text: String, file: String) throws(ConfigError) -> Config {
        let table: TOMLTable
        do {
            table = try TOMLTable(string: text)
        } catch let error as TOMLParseError {
            let problem = ConfigError.Problem(line: error.source.begin.line, key: "", message: error.description)
            throw ConfigError(file: file, problems: [problem])
        } catch {
            throw ConfigError(file: file, problems: [.init(line: nil, key: "", message: "\(error)")])
        }
        var reader = ConfigReader(places: ConfigPlaces(text))
        reader.take(table)
        guard reader.problems.isEmpty else {
            throw ConfigError(file: file, problems: reader.problems.sorted { $0.line ?? 0 < $1.line ?? 0 })
        }
        return reader.config
    }

    private init(places: ConfigPlaces) {
        self.places = places
    }

    private mutating func take(_ table: TOMLTable) {
        for name in table.keys where !Self.members.contains(name) {
            complain([name], "is unknown; known are \(Self.members.joined(separator: ", "))")
        }
        config.isASCII = flag("ascii", table) ?? config.isASCII
        config.usesMouse = flag("mouse", table) ?? config.usesMouse
        config.isFollowing = flag("follow", table) ?? config.isFollowing
        config.bell = flag("bell", table) ?? config.bell
        config.notify = string(["notify"], table["notify"])
        config.last = number("last", table, 0...FeedQuery.maxLast) ?? config.last
        config.cache = number("cache", table, 0...100_000) ?? config.cache
        if let theme = string(["theme"], table["theme"]) {
            if Theme.names.contains(theme) {
                config.theme = theme
            } else {
                complain(["theme"], "must be one of \(Theme.names.joined(separator: ", ")), not \"\(theme)\"")
            }
        }
        takeColors(subtable("colors", table))
        takeKeys(subtable("keys", table))
        takeServers(subtable("servers", table))
        if let server = string(["server"], table["server"]) {
            if config.servers.contains(where: { $0.name == server }) {
                config.server = server
            } else {
                complain(["server"], "names \"\(server)\", for which there is no [servers.\(server)]")
            }
        }
    }

    private mutating func takeColors(_ table: TOMLTable?) {
        for name in table?.keys ?? [] {
            guard let look = string(["colors", name], table?[name]) else { continue }
            if !Theme.roles.contains(where: { $0.name == name }) {
                complain(
                    ["colors", name], "is unknown; known are \(Theme.roles.map(\.name).joined(separator: ", "))")
            } else if Theme.Paint(look) == nil {
                complain(
                    ["colors", name],
                    "is no look such as \"bold cyan\", \"#ffcc66 on 236\" or \"bright-red on default\": \"\(look)\"")
            } else {
                config.colors.append((name, look))
            }
        }
    }

    private mutating func takeKeys(_ table: TOMLTable?) {
        var owners: [Key: String] = [:]
        for name in table?.keys ?? [] {
            let path = ["keys", name]
            guard let command = Command(rawValue: name) else {
                complain(path, "is no command; known are \(Command.allCases.map(\.rawValue).joined(separator: ", "))")
                continue
            }
            var keys: [Key] = []
            for text in strings(path, table?[name]) {
                guard let key = Key(named: text) else {
                    complain(path, "is no key such as j, Ctrl-D, PgDn or F5: \"\(text)\"")
                    continue
                }
                if let owner = owners.updateValue(name, forKey: key), owner != name {
                    complain(path, "has the key \(key), which keys.\(owner) has too")
                }
                keys.append(key)
            }
            config.keys.bind(command, to: keys)
        }
    }

    private mutating func takeServers(_ table: TOMLTable?) {
        for name in table?.keys ?? [] {
            let path = ["servers", name]
            guard let server = table?[name]?.table else {
                complain(path, "must be a table")
                continue
            }
            for member in server.keys where !Self.serverMembers.contains(member) {
                complain(path + [member], "is unknown; known are \(Self.serverMembers.joined(separator: ", "))")
            }
            guard let text = string(path + ["url"], server["url"]) else {
                if server["url"] == nil { complain(path, "needs a url") }
                continue
            }
            do {
                let topics = strings(path + ["topics"], server["topics"])
                for topic in topics where !isTopic(topic) {
                    complain(path + ["topics"], "has \"\(topic)\", which is no topic")
                }
                let file = string(path + ["token-file"], server["token-file"])
                let authorities = string(path + ["ca-file"], server["ca-file"])
                config.servers.append(
                    .init(
                        name: name, url: try ServerURL(text),
                        tokenFile: file.map { NSString(string: $0).expandingTildeInPath },
                        caFile: authorities.map { NSString(string: $0).expandingTildeInPath }, topics: topics))
            } catch {
                complain(path + ["url"], "can't be used. \(error)")
            }
        }
    }

    // MARK: - Values

    private mutating func flag(_ name: String, _ table: TOMLTable) -> Bool? {
        guard let value = table[name] else { return nil }
        if let flag = value.bool { return flag }
        complain([name], "must be true or false")
        return nil
    }

    private mutating func number(_ name: String, _ table: TOMLTable, _ range: ClosedRange<Int>) -> Int? {
        guard let value = table[name] else { return nil }
        if let number = value.int, range.contains(number) { return number }
        complain([name], "must be a number from \(range.lowerBound) to \(range.upperBound)")
        return nil
    }

    private mutating func string(_ path: [String], _ value: (any TOMLValueConvertible)?) -> String? {
        guard let value else { return nil }
        if let string = value.string { return string }
        complain(path, "must be a text in quotation marks")
        return nil
    }

    private mutating func strings(_ path: [String], _ value: (any TOMLValueConvertible)?) -> [String] {
        guard let value else { return [] }
        if let string = value.string { return [string] }
        let strings = value.array.map { Array($0).map(\.string) } ?? [nil]
        if strings.contains(nil) { complain(path, "must be a text in quotation marks, or a list of them") }
        return strings.compactMap { $0 }
    }

    private mutating func subtable(_ name: String, _ table: TOMLTable) -> TOMLTable? {
        guard let value = table[name] else { return nil }
        if value.table == nil { complain([name], "must be a table: [\(name)]") }
        return value.table
    }

    private mutating func complain(_ path: [String], _ message: String) {
        problems.append(.init(line: places.line(of: path), key: path.joined(separator: "."), message: message))
    }
}

/// Where in a text the keys are, which the parser does not tell.
struct ConfigPlaces {
    private var lines: [[String]: Int] = [:]

    init(_ text: String) {
        var table: [String] = []
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let line = line.trimmingCharacters(in: .whitespaces)
            if line.hasPrefix("["), let end = line.firstIndex(of: "]") {
                table = Self.parts(line[..<end].drop { $0 == "[" })
                note(table, index + 1)
            } else if let sign = line.firstIndex(of: "="), !line.hasPrefix("#") {
                note(table + Self.parts(line[..<sign]), index + 1)
            }
        }
    }

    /// The line of a key, else of the table it is in.
    func line(of path: [String]) -> Int? {
        var path = path
        while !path.isEmpty {
            if let line = lines[path] { return line }
            path.removeLast()
        }
        return nil
    }

    private mutating func note(_ path: [String], _ line: Int) {
        for length in stride(from: 1, through: path.count, by: 1) where lines[Array(path.prefix(length))] == nil {
            lines[Array(path.prefix(length))] = line
        }
    }

    private static func parts(_ text: Substring) -> [String] {
        text.split(separator: ".").map { $0.trimmingCharacters(in: CharacterSet(charactersIn: " \t\"'")) }
    }
}
