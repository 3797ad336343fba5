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
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the daemon: the feed, the page and the API.",
        discussion: """
            Every option can also be given in the environment, as ARTICLED_ and its name: ARTICLED_PORT=8001.
            Times are numbers of seconds, or 250ms, 5s, 2m, 1h, 30d.
            Stops cleanly on SIGINT and SIGTERM.
            """)

    @OptionGroup var settings: Settings

    func run() async throws {
        var logger = Logger(label: "articled", factory: { StreamLogHandler.standardError(label: $0) })
        logger.logLevel = settings.logLevel.level
        ProcessLimits.raiseOpenFiles()

        let path = settings.dataDir ?? DataDirectory.defaultPath(environment: ProcessInfo.processInfo.environment)
        let directory = try DataDirectory(path)
        var limits = SQLiteStore.Limits()
        limits.maxEvents = settings.retention.events ?? limits.maxEvents
        limits.maxEventAge = settings.retention.age.map { $0.nanoseconds / 1_000_000 } ?? limits.maxEventAge
        let store: SQLiteStore
        switch settings.store {
        case .sqlite: store = try .open(in: directory, limits: limits)
        case .memory: store = try .inMemory(limits: limits)
        }
        let token = try directory.localToken()

        let group = MultiThreadedEventLoopGroup(numberOfThreads: settings.threads ?? System.coreCount)
        let welcome = Welcome(host: settings.host, directory: directory)
        do {
            let app = try App.build(
                settings: settings, store: store, localToken: token, group: group, logger: logger,
                onListening: { port in welcome.show(port: port) })
            try await app.run()
        } catch let error as DatabaseError {
            throw StoreError(opening: directory.databaseFile, error)
        } catch let error as IOError {
            throw StartError(host: settings.host, port: settings.port, error)
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

/// Why the daemon can't listen.
struct StartError: Error, CustomStringConvertible {
    let description: String

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
