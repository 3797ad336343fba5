import ArgumentParser

/// What the command line asks for, with the settings of environment and file, which its parser does not know.
enum Invocation {
    case daemon(EffectiveConfiguration)
    case command(any ParsableCommand)

    /// - Parameter arguments: the program's, without its name.
    /// - Throws: ``ConfigurationError`` if environment or file have mistakes; what the parser throws for those of the
    ///   command line.
    init(_ arguments: [String], environment: [String: String]) throws {
        let own = Array(arguments.dropFirst())
        switch arguments.first {
        case "serve" where !Self.asksForWords(own):
            self = .daemon(try Self.configuration(arguments: own, environment: environment))
        case "check-config", "config":
            // They look at the settings themselves, and find more than the first mistake.
            self = .command(try Articled.parseAsRoot([arguments[0]] + CommandLineSettings.parse(own).rest))
        default:
            self = .command(try Articled.parseAsRoot(arguments))
        }
    }

    func run() async throws {
        switch self {
        case .daemon(let configuration): try await Serve.run(configuration)
        case .command(var command as any AsyncParsableCommand): try await command.run()
        case .command(var command): try command.run()
        }
    }

    /// The parser sees all together, once; only where it refuses something is it asked again, what and where.
    private static func configuration(
        arguments: [String], environment: [String: String]
    ) throws -> EffectiveConfiguration {
        let sources = SettingSources(
            arguments: arguments, environment: environment, file: CommandLineSettings.file(arguments))
        let effective = sources.effective()
        let inserted = effective.filter { setting in !sources.flags.contains { $0.option == setting.option } }
        let completed = inserted.flatMap(\.arguments) + arguments
        let settings = try? Serve.parse(completed).settings
        let check = ConfigurationCheck(sources, effective: effective, settings: settings)
        let problems = check.problems()
        // Of the command line the parser speaks itself, where it notices anything.
        if settings == nil, problems.allSatisfy(\.isUsage) { _ = try Articled.parseAsRoot(["serve"] + completed) }
        return try EffectiveConfiguration(check, problems: problems)
    }

    /// Nothing will be started.
    private static func asksForWords(_ arguments: [String]) -> Bool {
        arguments.contains { ["-h", "--help", "-help", "--version", "--experimental-dump-help"].contains($0) }
    }
}
