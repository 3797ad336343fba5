import Core
import Hummingbird
import NIOCore

/// `/api/status`, `/healthz`, `/readyz`: how the daemon is.
struct StatusController: Sendable {
    let report: StatusReport
    let store: any Store
    let log: ArticleLog
    let readiness: Readiness
    /// What this node serves; `nil` means everything.
    let role: NodeRole?

    func addRoutes(to router: some RouterMethods<AppRequestContext>) {
        router.resource("/api/status", [.get: status])
        router.resource("/healthz", [.get: alive])
        router.resource("/readyz", [.get: ready])
    }

    @Sendable private func status(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        guard context.principal?.role == .admin else { return .json(JSONValue.object(report.summary).bytes) }
        let own = context.channel.localAddress
        let addresses = [own.flatMap { own in own.port.map { "\(own.ipAddress ?? ""):\($0)" } }].compactMap { $0 }
        return .secret(.object(report.summary + (try await report.details(addresses: addresses))))
    }

    @Sendable private func alive(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        .json(JSONValue.object([JSONMember("status", .string("ok"))]).bytes)
    }

    @Sendable private func ready(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        guard !readiness.isDraining else { throw ServiceError(.unavailable, "The server is stopping.", retryAfter: 1) }
        do {
            try await store.probe()
        } catch let error as ServiceError {
            throw error
        } catch {
            throw ServiceError(.unavailable, "The store can't be read.", retryAfter: 1, cause: error)
        }
        try store.checkPlace()
        do {
            try await log.checkStore()
        } catch let error as ServiceError {
            throw error
        } catch {
            throw ServiceError(
                .unavailable, "Articles can't be stored: the server's disk may be full or read-only.", retryAfter: 1,
                cause: error)
        }
        return .json(
            JSONValue.object([
                JSONMember("status", .string("ready")), JSONMember("role", .string(role?.rawValue ?? "all")),
            ]).bytes)
    }
}
