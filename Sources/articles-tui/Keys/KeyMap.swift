/// Which key does what.
struct KeyMap: Sendable {
    private var keysByCommand: [Command: [Key]]
    private var commandsByKey: [Key: Command]

    /// As it is without a configuration.
    static let standard = KeyMap()

    private init() {
        keysByCommand = Dictionary(uniqueKeysWithValues: Command.allCases.map { ($0, $0.standardKeys) })
        commandsByKey = Dictionary(
            uniqueKeysWithValues: Command.allCases.flatMap { command in command.standardKeys.map { ($0, command) } })
    }

    func keys(_ command: Command) -> [Key] {
        keysByCommand[command] ?? []
    }

    func command(_ key: Key) -> Command? {
        commandsByKey[key]
    }

    /// The first key of a command, for hints; empty if it has none.
    func hint(_ command: Command) -> String {
        keys(command).first?.description ?? ""
    }

    /// Gives a command other keys; those that had another meaning lose it.
    mutating func bind(_ command: Command, to keys: [Key]) {
        for key in self.keys(command) { commandsByKey[key] = nil }
        for key in keys {
            if let former = commandsByKey[key] { keysByCommand[former]?.removeAll { $0 == key } }
            commandsByKey[key] = command
        }
        keysByCommand[command] = keys
    }
}
