import Synchronization

/// A value that a reload may change while others read it.
final class Live<Value: Sendable>: Sendable {
    private let current: Mutex<Value>

    init(_ value: Value) {
        current = Mutex(value)
    }

    var value: Value { current.withLock { $0 } }

    func set(_ value: Value) {
        current.withLock { $0 = value }
    }
}
