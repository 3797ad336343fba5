import ArgumentParser
import Core
import Foundation
import GRDB
import Hummingbird
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle

/// `articled serve`: runs the daemon until it is told to stop.
struct Serve: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the daemon: the feed, the page and the API.",
        discussion: """
            Every option can also be given in the environment, as ARTICLED_ and its name: ARTICLED_PORT=8001; and in \
            the file of --config, as a key: "port: 8001". An option wins over the environment, that over the file.
            Times are numbers of seconds, or 250ms, 5s, 2m, 1h, 30d.
            Stops cleanly on SIGINT and SIGTERM, at once on a second one, and reads the file again on SIGHUP. Tells \
            systemd how it is (Type=notify), and takes over the sockets of a socket unit.
            """)

    @OptionGroup var file: ConfigurationOption
    @OptionGroup var settings: Settings

    /// Runs the daemon until it is told to stop.
    ///
    /// - Parameter configuration: what the process was started with, checked.
    static func run(_ configuration: EffectiveConfiguration) async throws {
        HangUp.prepare()
        let settings = configuration.settings
        let logs = Logs(format: settings.logFormat, level: settings.logLevel.level)
        let logger = logs.logger
        defer { logs.output.flush() }
        ProcessLimits.raiseOpenFiles()
        // First, for a mistake in it is found soonest.
        let certificates = try settings.tls.certificates(logger: logger)

        let environment = ProcessInfo.processInfo.environment
        let manager = ServiceManager(environment: environment, logger: logger)
        let inherited = try InheritedSocket.takeAll(environment: environment)
        let path = settings.dataDir ?? DataDirectory.defaultPath(environment: environment)
        let directory = try DataDirectory(path, patience: 2)
        let limits = StoreLimits(settings)
        let store: any Store
        switch settings.store {
        case .sqlite: store = try SQLiteStore.open(in: directory, limits: limits)
        case .memory: store = try SQLiteStore.inMemory(limits: limits)
        case .redis(let location):
            store = RedisStore(try settings.redis.configuration(location), limits: limits, logger: logger)
        case .invalid(let reason): throw ValidationError(reason)
        }
        let token = try directory.localToken()

        let group = MultiThreadedEventLoopGroup(numberOfThreads: settings.threads ?? System.coreCount)
        do {
            let accounts = try Accounts(store: store, localToken: token, limits: Accounts.Limits(settings))
            let setupLink = SetupLink(
                directory: directory, accounts: accounts, lifetime: Duration(settings.setupLinkLifetime.amount))
            let app = try App.build(
                configuration: configuration, reload: { try EffectiveConfiguration(.ofProcess()) },
                certificates: certificates, store: store, directory: directory, accounts: accounts,
                setupLink: setupLink, group: group, logs: logs, inherited: inherited, manager: manager,
                onListening: { [logger] place in
                    Welcome(
                        place: place, certificates: certificates, basePath: settings.basePath, role: settings.only,
                        directory: directory, setupLink: setupLink, logger: logger
                    ).show()
                    manager?.ready("Serving on \(place)")
                })
            try await app.run()
            directory.remove(directory.urlFile)
        } catch let error as DatabaseError {
            throw StoreError(opening: directory.databaseFile, error)
        } catch let error as IOError {
            throw StartError(host: settings.host, port: settings.port, error)
        } catch let error as SocketAddressError.UnknownHost {
            throw StartError(error)
        }
        do {
            try store.close()
        } catch {
            // Nothing is lost by it: what was committed is in the file beside it, where the next start finds it.
            logger.warning(
                "The store's files were not brought together; keep articles.sqlite-wal", metadata: ["error": "\(error)"]
            )
        }
        withExtendedLifetime(directory) {}
    }
}

extension StoreLimits {
    init(_ settings: Settings) {
        self.init()
        maxEvents = settings.retention.events ?? maxEvents
        maxEventAge = settings.retention.age.map { $0.nanoseconds / 1_000_000 } ?? maxEventAge
        maxAuditEntries = settings.auditRetention.events ?? maxAuditEntries
        maxAuditAge = settings.auditRetention.age.map { $0.nanoseconds / 1_000_000 } ?? maxAuditAge
    }
}

extension Accounts.Limits {
    init(_ settings: Settings) {
        self.init()
        sessionIdle = settings.sessionIdle.amount.nanoseconds / 1_000_000
        sessionLifetime = settings.sessionLifetime.amount.nanoseconds / 1_000_000
        sessionsPerAccount = settings.sessionsPerAccount
        passwordCost.logRounds = settings.passwordCost
    }
}

/// Why the daemon can't listen.
struct StartError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }

    init(_ error: SocketAddressError.UnknownHost) {
        description =
            error.host.isEmpty
            ? "--host is empty. Name an address of this machine."
            : "There is no host \(error.host) (\(error.errorDescription)). Choose another with --host."
    }

    init(host: String, port: UInt16, _ error: IOError) {
        let place = "\(host) port \(port)"
        switch error.errnoCode {
        case EADDRINUSE:
            description =
                "Something else is listening on \(place). Stop it, or choose another port with --port."
        case EACCES:
            description = "Listening on \(place) is not allowed for this user. Choose a port over 1023 with --port."
        case EADDRNOTAVAIL:
            description = "This machine has no address \(host). Choose another with --host."
        default:
            description = "Can't listen on \(place): \(String(cString: strerror(error.errnoCode)))."
        }
    }
}
