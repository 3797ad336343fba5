import HTTPTypes
import Hummingbird
import NIOCore

/// `/metrics`: figures for Prometheus.
struct MetricsController: Sendable {
    let metrics: DaemonMetrics
    let access: MetricsAccess

    /// Whether a path is this one: who may is said here, and not where it is said of all others.
    static func isPath(_ path: String) -> Bool { path == "/metrics" || path == "/metrics/" }

    func addRoutes(to router: some RouterMethods<AppRequestContext>) {
        router.resource("/metrics", [.get: figures])
    }

    @Sendable private func figures(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        try access.check(
            context.principal, peer: IPAddress(context.channel.remoteAddress), client: context.client,
            headers: request.headers)
        return Response(
            status: .ok,
            headers: [
                .contentType: ExpositionText.mediaType, .cacheControl: "no-store", .xContentTypeOptions: "nosniff",
            ],
            body: .init(byteBuffer: ByteBuffer(bytes: await metrics.text())))
    }
}
