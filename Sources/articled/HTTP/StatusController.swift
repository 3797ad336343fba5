import Core
import Hummingbird
import NIOCore

/// `/api/status`, `/healthz`, `/readyz`: how the daemon is.
struct StatusController: Sendable {
    let node: String
    let feed: FeedLog
    let store: SQLiteStore
    let log: ArticleLog
    let readiness: Readiness
    let started: ContinuousClock.Instant

    func addRoutes(to router: some RouterMethods<AppRequestContext>) {
        router.resource("/api/status", [.get: status])
        router.resource("/healthz", [.get: alive])
        router.resource("/readyz", [.get: ready])
    }

    @Sendable private func status(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let history = feed.history
        let uptime = ContinuousClock.now - started
        return .json(
            JSONValue.object([
                JSONMember("node", .string(node)),
                JSONMember("version", .string(Version.number)),
                JSONMember("role", .string("all")),
                JSONMember("uptime", .integer(uptime.components.seconds)),
                JSONMember("cursor", .string(history.newest.description)),
                JSONMember("oldest", .string(history.oldest.description)),
                JSONMember("subscribers", .integer(Int64(feed.subscriberCount))),
            ]).bytes)
    }

    @Sendable private func alive(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        .json(JSONValue.object([JSONMember("status", .string("ok"))]).bytes)
    }

    @Sendable private func ready(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        guard !readiness.isDraining else { throw ServiceError(.unavailable, "The server is stopping.", retryAfter: 1) }
        do {
            try await store.probe()
        } catch {
            throw ServiceError(.unavailable, "The store can't be read.", retryAfter: 1, cause: error)
        }
        do {
            try await log.checkStore()
        } catch {
            throw ServiceError(
                .unavailable, "Articles can't be stored: the server's disk may be full or read-only.", retryAfter: 1,
                cause: error)
        }
        return .json(JSONValue.object([JSONMember("status", .string("ready"))]).bytes)
    }
}
