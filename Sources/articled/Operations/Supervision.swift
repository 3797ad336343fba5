import Logging
import NIOCore
import ServiceLifecycle

/// Tells the service manager that everything goes on, and how many are served.
///
/// The watchdog is fed only while every event loop and the thread that writes answer: if one of them hangs, the manager
/// restarts the daemon.
struct Supervision: Service {
    let manager: ServiceManager
    let pulse: Pulse
    let feed: FeedLog
    let readiness: Readiness
    let logger: Logger

    private static let statusInterval = Duration.seconds(5)

    /// What `systemctl status` shows.
    var status: String {
        let subscribers = feed.subscriberCount
        let count = "\(subscribers) subscriber\(subscribers == 1 ? "" : "s")"
        return readiness.isDraining
            ? "Stopping: \(count) left" : "Serving \(count), newest event \(feed.history.newest)"
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            async let watchdog: Void = feedWatchdog()
            async let status: Void = showStatus()
            _ = await (watchdog, status)
        }
    }

    private func feedWatchdog() async {
        guard let interval = manager.watchdogInterval else { return }
        var silent: [String] = []
        repeat {
            let before = silent
            silent = pulse.beat()
            if silent.isEmpty {
                manager.isAlive()
                if !before.isEmpty { logger.notice("Everything goes on again") }
            } else if before.isEmpty {
                logger.critical(
                    "The daemon hangs; the service manager will restart it if this stays",
                    metadata: ["silent": "\(silent.joined(separator: ", "))"])
            }
            // A part that was slow for a moment is well again before the service manager loses patience.
        } while await slept(silent.isEmpty ? interval / 2 : interval / 20)
    }

    private func showStatus() async {
        var shown = ""
        repeat {
            let status = status
            if status != shown { manager.show(status) }
            shown = status
        } while await slept(Self.statusInterval)
    }

    /// False at the end.
    private func slept(_ time: Duration) async -> Bool {
        (try? await Task.sleep(for: time, tolerance: time / 20)) != nil
    }
}

extension ServiceManager {
    /// Warns where a store that does not answer would be taken for a hang: the writer waits for it so long that it has
    /// not answered twice when the watchdog must be fed.
    func warn(ofWaitingFor store: StoreKind, _ redis: RedisOptions, logger: Logger) {
        guard let watchdogInterval, case .redis = store else { return }
        let wait = Duration(redis.storeTimeout.amount) + Duration(redis.replicaTimeout.amount)
        guard wait > watchdogInterval / 2 else { return }
        logger.warning(
            "A Redis that hangs would make the service manager restart the daemon: --store-timeout and --replica-timeout are longer than half of WatchdogSec=. Shorten them, or make that longer",
            metadata: ["timeouts": "\(wait)", "watchdog": "\(watchdogInterval)"])
    }
}
