import ArticlesClient
import Core

/// What a bench posts to, and clears away.
enum BenchTopic {
    static let prefix = "bench-"
    private static let deletionsAtOnce = 32
    /// How often a server that is busy is asked.
    private static let attempts = 10

    static func random() -> String {
        prefix + String(UInt32.random(in: .min ... .max), radix: 16)
    }

    /// Removes all articles of a topic.
    ///
    /// - Parameter progress: gets how many are gone.
    /// - Returns: how many there were.
    static func clear(_ topic: String, _ client: ArticlesClient, _ progress: (Int) -> Void) async throws -> Int {
        var removed = 0
        while true {
            let ids = try await client.list(topic: topic, limit: 500).articles.map(\.id)
            guard !ids.isEmpty else { return removed }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for (index, id) in ids.enumerated() {
                    if index >= deletionsAtOnce { try await group.next() }
                    group.addTask { try await remove(id, client) }
                }
                try await group.waitForAll()
            }
            removed += ids.count
            progress(removed)
        }
    }

    private static func remove(_ id: Int64, _ client: ArticlesClient) async throws {
        for attempt in 1... {
            do {
                return try await client.delete(id: id)
            } catch {
                guard case .refused(let status, _, _, _, let retryAfter) = error else { throw error }
                if status == 404 { return }
                guard [429, 503].contains(status), attempt < attempts else { throw error }
                try await Task.sleep(for: .milliseconds(min((retryAfter ?? 0) * 1000, 5000) + 50 * attempt))
            }
        }
    }
}
