@testable import articled

/// The stores that must behave alike.
enum StoreUnderTest: CaseIterable, Sendable {
    case sqlite

    /// An empty one.
    func open(limits: StoreLimits = StoreLimits()) throws -> any Store {
        switch self {
        case .sqlite: try SQLiteStore.inMemory(limits: limits)
        }
    }
}
