import ArgumentParser
import Foundation
import Logging
import NIOCore

/// Where articles are kept.
enum StoreKind: ExpressibleByArgument, Hashable, Sendable {
    case sqlite
    /// Gone when the daemon ends: to try things out, and to measure what durability costs.
    case memory
    /// Shared by any number of nodes.
    case redis(RedisLocation)
    /// None of these, and why.
    case invalid(String)

    /// In one word.
    var name: String {
        switch self {
        case .sqlite: "sqlite"
        case .memory: "memory"
        case .redis: "redis"
        case .invalid: "invalid"
        }
    }

    init(argument: String) {
        switch argument {
        case "sqlite": self = .sqlite
        // The second for files of settings, where a colon at the end has a meaning of its own.
        case "memory:", "memory": self = .memory
        case _ where argument.hasPrefix("redis"):
            do {
                self = .redis(try RedisLocation(argument))
            } catch {
                self = .invalid("--store can't be used: \(error.reason).")
            }
        default:
            self = .invalid(
                "--store must be sqlite, memory:, or begin with redis://, redis+sentinel:// or redis+cluster://.")
        }
    }

    var defaultValueDescription: String {
        switch self {
        case .sqlite: "sqlite"
        case .memory: "memory:"
        case .redis(let location): location.description
        case .invalid: "invalid"
        }
    }

    /// - Throws: `ValidationError` if it is none.
    func check() throws {
        if case .invalid(let reason) = self { throw ValidationError(reason) }
    }
}

/// How to speak to a Redis.
struct RedisOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Has the password of the Redis, on one line. (default: $ARTICLED_STORE_PASSWORD, or none)",
            valueName: "path"))
    var storePasswordFile: String?

    @Option(help: ArgumentHelp("Time that a Redis has for each answer.", valueName: "time"))
    var storeTimeout = TimeSpan(.seconds(3))

    @Option(
        help: ArgumentHelp(
            "Replicas of the Redis that must have an article before its publisher is told.", valueName: "number"))
    var minReplicas = 0

    @Option(help: ArgumentHelp("Time that replicas have for that.", valueName: "time"))
    var replicaTimeout = TimeSpan(.seconds(1))

    func validate() throws {
        guard (0...100).contains(minReplicas) else { throw ValidationError("--min-replicas must be from 0 to 100.") }
        for (name, span) in [("--store-timeout", storeTimeout), ("--replica-timeout", replicaTimeout)]
        where span.amount < .milliseconds(20) || span.amount > .hours(1) {
            throw ValidationError("\(name) must be from 20ms to 1h.")
        }
    }

    /// - Throws: ``StoreError`` if the file can't be read.
    func configuration(
        _ location: RedisLocation, environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws -> RedisConfiguration {
        var configuration = RedisConfiguration(location: location, password: environment["ARTICLED_STORE_PASSWORD"])
        if let file = storePasswordFile {
            guard let text = try? String(contentsOfFile: file, encoding: .utf8),
                let line = text.split(separator: "\n").first
            else {
                throw StoreError(
                    code: .inaccessible,
                    message: "The file \(file) has no password, or can't be read. Check --store-password-file.")
            }
            configuration.password = String(line)
        }
        if configuration.password?.isEmpty == true { configuration.password = nil }
        configuration.timeout = Int(storeTimeout.amount.nanoseconds / 1_000_000)
        configuration.minReplicas = minReplicas
        configuration.replicaTimeout = Int(replicaTimeout.amount.nanoseconds / 1_000_000)
        return configuration
    }
}
