import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTPTypes
import ServiceLifecycle

/// The connections that speak plain HTTP, each served by a task of Hummingbird's.
final class HTTPConnections: Service {
    typealias Connection = NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>

    private struct Arrival {
        let connection: Connection
        let server: ConnectionSetup
    }

    private let arrivals: AsyncStream<Arrival>
    private let continuation: AsyncStream<Arrival>.Continuation
    private let logger: Logger

    init(logger: Logger) {
        // Not a queue that could grow: there is at most one element for each open connection.
        (arrivals, continuation) = AsyncStream.makeStream(of: Arrival.self)
        self.logger = logger
    }

    func serve(_ connection: Connection, by server: ConnectionSetup) {
        if case .terminated = continuation.yield(Arrival(connection: connection, server: server)) {
            // Nobody serves any more. It must be ended as if it had been, for it may not just be dropped.
            Task { try? await connection.executeThenClose { _, _ in } }
        }
    }

    /// Serves until a graceful shutdown, and then until the last request has been answered.
    func run() async throws {
        let logger = logger
        await withGracefulShutdownHandler {
            await withDiscardingTaskGroup { group in
                for await arrival in arrivals {
                    group.addTask {
                        await arrival.server.handleHTTP(asyncChannel: arrival.connection, logger: logger)
                    }
                }
            }
        } onGracefulShutdown: {
            self.continuation.finish()
        }
    }
}
