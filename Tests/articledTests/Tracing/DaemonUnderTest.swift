import ArgumentParser
import Foundation
import InMemoryTracing
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import Synchronization

@testable import articled

/// The whole daemon inside the test's process, with a tracer and a store in memory.
struct DaemonUnderTest {
    let port: Int
    let token: String

    /// Runs a daemon on a free port for as long as the work takes.
    static func run(
        _ flags: [String] = [], tracer: InMemoryTracer, _ work: @Sendable (DaemonUnderTest) async throws -> Void
    ) async throws {
        let path = NSTemporaryDirectory() + "articled-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let arguments = ["--port", "0", "--store", "memory:", "--log-format", "text", "--drain-timeout", "1s"] + flags
        let read: @Sendable () throws -> EffectiveConfiguration = {
            try EffectiveConfiguration(SettingSources(arguments: arguments, environment: [:]))
        }
        let directory = try DataDirectory(path)
        let store = try SQLiteStore.inMemory()
        let token = try directory.localToken()
        let accounts = try Accounts(store: store, localToken: token)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let (ports, port) = AsyncStream.makeStream(of: Int.self)
        let app = try App.build(
            configuration: read(), reload: read, certificates: nil, store: store, directory: directory,
            accounts: accounts,
            setupLink: SetupLink(directory: directory, accounts: accounts, lifetime: .seconds(60)), group: group,
            logs: Logs(format: .text, level: .warning), tracer: tracer,
            onListening: { if case .port(_, let number) = $0 { port.yield(number) } })
        let services = ServiceGroup(
            configuration: .init(
                services: app.services, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }))
        try await withThrowingTaskGroup { tasks in
            tasks.addTask { try await services.run() }
            for await port in ports {
                try await work(DaemonUnderTest(port: port, token: token))
                break
            }
            await services.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
        try await group.shutdownGracefully()
    }

    /// Sends one request, the last of its connection, and returns all that is answered.
    func exchange(_ method: String, _ path: String, _ headers: [String], body: String = "") async throws -> String {
        let lines =
            [
                "\(method) \(path) HTTP/1.1", "Host: localhost", "Connection: close",
                "Content-Length: \(body.utf8.count)",
            ]
            + headers
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        return try await channel.executeThenClose { inbound, outbound in
            try await outbound.write(ByteBuffer(string: lines.joined(separator: "\r\n") + "\r\n\r\n" + body))
            var answer = ""
            for try await piece in inbound { answer += String(buffer: piece) }
            return answer
        }
    }
}
