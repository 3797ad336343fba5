import Foundation
import Logging

@testable import articled

/// The stores that must behave alike.
enum StoreUnderTest: CaseIterable, Sendable {
    case sqlite
    case redis

    /// An empty one.
    func open(limits: StoreLimits = StoreLimits()) throws -> any Store {
        switch self {
        case .sqlite: return try SQLiteStore.inMemory(limits: limits)
        case .redis:
            // Feeds of one server have nothing to do with each other.
            let location = try RedisLocation("redis://127.0.0.1:\(RedisServer.shared.get().port)?feed=\(UUID())")
            var configuration = RedisConfiguration(location: location)
            configuration.isTimeGiven = true
            return RedisStore(configuration, limits: limits, logger: Logger(label: "test"))
        }
    }
}
