import Logging
import NIOCore
import Synchronization

/// Counts connections that speak the wrong protocol or fail to agree on one, and notes them in the log, a line a minute
/// at most for each kind: whoever scans the network must not be able to fill it.
final class HandshakeFailures: Sendable {
    private struct State {
        var counts: [HandshakeFailure: Int] = [:]
        var noted: [HandshakeFailure: NIODeadline] = [:]
        var unsaid = 0
    }

    private let logger: Logger
    private let state = Mutex(State())
    private static let pause = TimeAmount.minutes(1)

    init(logger: Logger) {
        self.logger = logger
    }

    /// How often each has happened since the start.
    var counts: [HandshakeFailure: Int] { state.withLock { $0.counts } }

    /// - Parameter channel: whose failure it is.
    func note(_ failure: HandshakeFailure, _ channel: any Channel) {
        let now = NIODeadline.now()
        let others = state.withLock { state -> Int? in
            state.counts[failure, default: 0] += 1
            if let last = state.noted[failure], last + Self.pause > now {
                state.unsaid += 1
                return nil
            }
            state.noted[failure] = now
            defer { state.unsaid = 0 }
            return state.unsaid
        }
        guard let others else { return }
        var metadata: Logger.Metadata = ["from": "\(IPAddress(channel.remoteAddress)?.description ?? "unknown")"]
        if others > 0 { metadata["similar"] = "\(others)" }
        logger.info("\(failure.text)", metadata: metadata)
    }
}
