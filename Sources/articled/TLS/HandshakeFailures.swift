import Logging
import NIOCore
import Synchronization

/// Notes connections that speak the wrong protocol or fail to agree on one, a line a minute at most: whoever scans the
/// network must not be able to fill the log.
final class HandshakeFailures: Sendable {
    private struct State {
        var noted: [String: NIODeadline] = [:]
        var unsaid = 0
    }

    private let logger: Logger
    private let state = Mutex(State())
    private static let pause = TimeAmount.minutes(1)
    /// How many kinds there can be: the texts are ours and the cipher library's.
    private static let maxKinds = 64

    init(logger: Logger) {
        self.logger = logger
    }

    /// - Parameters:
    ///   - what: what happened, always in the same words.
    ///   - channel: whose.
    func note(_ what: String, _ channel: any Channel) {
        let now = NIODeadline.now()
        let others = state.withLock { state -> Int? in
            if let last = state.noted[what], last + Self.pause > now {
                state.unsaid += 1
                return nil
            }
            if state.noted.count >= Self.maxKinds { state.noted = [:] }
            state.noted[what] = now
            defer { state.unsaid = 0 }
            return state.unsaid
        }
        guard let others else { return }
        var metadata: Logger.Metadata = ["from": "\(IPAddress(channel.remoteAddress)?.description ?? "unknown")"]
        if others > 0 { metadata["similar"] = "\(others)" }
        logger.info("\(what)", metadata: metadata)
    }
}
