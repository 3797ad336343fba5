import Logging
import ServiceLifecycle
import UnixSignals

#if canImport(Glibc)
    import Glibc
#endif

/// Reads the settings again at every SIGHUP, and gives them to the parts that can take them.
struct Reloader: Service {
    let parts: [Reloadable]
    /// Reads the settings from where they came from at the start.
    let load: @Sendable () throws -> Settings
    let logger: Logger
    /// Called before a reload begins, and with its outcome when it is over; whoever supervises the daemon is told there.
    var onBegin: @Sendable () -> Void = {}
    var onEnd: @Sendable (_ succeeded: Bool) -> Void = { _ in }

    func run() async throws {
        for await _ in await UnixSignalsSequence(trapping: .sighup).cancelOnGracefulShutdown() {
            onBegin()
            onEnd(reload())
        }
    }

    /// - Returns: whether the new settings are in force.
    func reload() -> Bool {
        do {
            let settings = try load()
            let changes = try parts.map { part in (part.name, try part.prepare(settings)) }
            for (name, change) in changes {
                if let text = change() { logger.notice("Reloaded", metadata: ["what": "\(name)", "now": "\(text)"]) }
            }
            logger.notice("Reloaded the settings")
            return true
        } catch {
            logger.error("The settings were not reloaded; the old ones are kept", metadata: ["error": "\(error)"])
            return false
        }
    }
}
