import Synchronization

/// How often the limits of access have refused something, since the start.
final class Refusals: Sendable {
    enum Kind: CaseIterable {
        /// Too many failed logins.
        case login
        /// Too many writes.
        case write
        /// Too many connections of one address.
        case connection
        /// Too many connections in all.
        case capacity
    }

    private let logins = Atomic<Int>(0)
    private let writes = Atomic<Int>(0)
    private let connections = Atomic<Int>(0)
    private let capacity = Atomic<Int>(0)

    func count(_ kind: Kind) {
        switch kind {
        case .login: logins.add(1, ordering: .relaxed)
        case .write: writes.add(1, ordering: .relaxed)
        case .connection: connections.add(1, ordering: .relaxed)
        case .capacity: capacity.add(1, ordering: .relaxed)
        }
    }

    func total(_ kind: Kind) -> Int {
        switch kind {
        case .login: logins.load(ordering: .relaxed)
        case .write: writes.load(ordering: .relaxed)
        case .connection: connections.load(ordering: .relaxed)
        case .capacity: capacity.load(ordering: .relaxed)
        }
    }
}
