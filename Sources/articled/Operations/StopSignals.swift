import Dispatch
import Logging
import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// SIGTERM and SIGINT: the first stops the daemon, the second ends it at once.
///
/// They are noticed on a thread of their own, whatever the others are busy with.
final class StopSignals: Sendable {
    /// Unchecked Sendable because a dispatch source may be used from any thread, which its type does not say.
    private struct Source: @unchecked Sendable {
        let number: CInt
        let signals: any DispatchSourceSignal
    }

    private let sources: [Source]
    private let count = Atomic(0)

    /// Begins to listen.
    ///
    /// - Parameter onFirst: called on a thread of this object.
    init(logger: Logger, onFirst: @escaping @Sendable () -> Void) {
        let queue = DispatchQueue(label: "stop-signals")
        sources = [SIGTERM, SIGINT].map {
            Source(number: $0, signals: DispatchSource.makeSignalSource(signal: $0, queue: queue))
        }
        for source in sources {
            source.signals.setEventHandler { [unowned self] in
                // Several of the same signal that come together are one event, and two all the same.
                let (before, now) = count.add(Int(source.signals.data), ordering: .relaxed)
                if before == 0 {
                    logger.info("Stopping; a second signal ends it at once")
                    onFirst()
                }
                guard now > 1 else { return }
                logger.warning("Ended by a second signal; what was stored is safe")
                // As a shell says of who was ended by this signal. Nothing is put in order: the next start does that.
                _exit(128 + source.number)
            }
            source.signals.resume()
        }
    }

    /// From now on the signals do what they did before.
    func cancel() {
        for source in sources { source.signals.cancel() }
    }
}
