import Core

@testable import ArticlesClient

/// What did not happen in time.
struct DeadlineMissed: Error, CustomStringConvertible {
    let description: String
}

/// Waits until something holds.
func eventually(
    _ what: String, within deadline: Duration = .seconds(15), _ condition: () async throws -> Bool
) async throws {
    let end = ContinuousClock.now + deadline
    while try await !condition() {
        guard .now < end else { throw DeadlineMissed(description: "not within \(deadline): \(what)") }
        try await Task.sleep(for: .milliseconds(5))
    }
}

extension FeedSubscription {
    /// Everything up to and with the update after which enough has come, or the end.
    func updates(
        within deadline: Duration = .seconds(30), until isEnough: @escaping @Sendable (FeedUpdate) -> Bool
    ) async throws -> [FeedUpdate] {
        try await withThrowingTaskGroup(of: [FeedUpdate].self) { group in
            group.addTask {
                var updates: [FeedUpdate] = []
                for await update in self {
                    updates.append(update)
                    if isEnough(update) { break }
                }
                return updates
            }
            group.addTask {
                try await Task.sleep(for: deadline)
                throw DeadlineMissed(description: "not within \(deadline): the update that ends the test")
            }
            defer { group.cancelAll() }
            return try await group.next() ?? []
        }
    }
}

extension [FeedUpdate] {
    /// The numbers of the events, in the order in which they came.
    var eventNumbers: [Int64] {
        compactMap { if case .event(let event) = $0 { event.cursor.seq } else { nil } }
    }

    var states: [ConnectionState] {
        compactMap { if case .state(let state) = $0 { state } else { nil } }
    }

    /// Why the link was lost, each time.
    var reasons: [String] {
        states.compactMap { if case .waiting(_, _, let reason) = $0 { reason } else { nil } }
    }
}
