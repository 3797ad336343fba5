import NIOCore
import Synchronization

/// How many connections each address has open, as far as there is a limit (`--max-connections-per-address`).
///
/// One that is over the limit is told so with its first request. Those who go on opening are cut off at once.
final class ConnectionsByAddress: Sendable {
    private let limit: Live<Int?>
    private let proxies: TrustedProxies
    private let refusals: Refusals
    private struct State {
        var counts: [IPAddress: Int] = [:]
        var overLimit: Set<ObjectIdentifier> = []
    }
    private let state = Mutex(State())

    /// How many more than the limit are answered.
    private static let grace = 64

    /// - Parameters:
    ///   - limit: `nil` means that there is none.
    ///   - proxies: everybody comes from these; their connections are not counted.
    init(limit: Int?, proxies: TrustedProxies, refusals: Refusals) {
        self.limit = Live(limit)
        self.proxies = proxies
        self.refusals = refusals
    }

    /// Another limit from now on. Connections that were opened while there was none are not counted.
    func setLimit(_ limit: Int?) {
        self.limit.set(limit)
    }

    /// Counts a connection until it is closed; false if it should be closed at once.
    func opened(_ channel: any Channel) -> Bool {
        guard let limit = limit.value, let address = IPAddress(channel.remoteAddress)?.network,
            !proxies.contains(address)
        else {
            return true
        }
        let id = ObjectIdentifier(channel)
        let isAnswered = state.withLock { state in
            let count = state.counts[address, default: 0]
            guard count < limit + Self.grace else { return false }
            state.counts[address] = count + 1
            if count >= limit { state.overLimit.insert(id) }
            return true
        }
        guard isAnswered else {
            refusals.count(.connection)
            return false
        }
        channel.closeFuture.whenComplete { _ in
            self.state.withLock { state in
                state.overLimit.remove(id)
                let count = state.counts[address, default: 1] - 1
                state.counts[address] = count > 0 ? count : nil
            }
        }
        return true
    }

    /// Whether a connection is one too many.
    func isOverLimit(_ channel: any Channel) -> Bool {
        state.withLock { $0.overLimit.contains(ObjectIdentifier(channel)) }
    }

    /// Counts a connection that was refused because it is one too many.
    func countRefusal() {
        refusals.count(.connection)
    }
}
