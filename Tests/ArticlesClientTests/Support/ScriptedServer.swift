import NIOCore
import NIOPosix
import Synchronization

@testable import ArticlesClient

/// A server on a port of this machine that does to each connection what a test says.
final class ScriptedServer: Sendable {
    /// What a client asked for.
    struct Request: Hashable, Sendable {
        /// The first connection is 1.
        let connection: Int
        let method: String
        let target: String
        /// By lower-case name.
        let headers: [String: String]
        let body: String

        /// A parameter of the query, as it was sent.
        func parameter(_ name: String) -> String? {
            let query = target.split(separator: "?", maxSplits: 1).dropFirst().first ?? ""
            return query.split(separator: "&").first { $0.hasPrefix("\(name)=") }
                .map { String($0.dropFirst(name.count + 1)) }
        }
    }

    /// What a client learns.
    enum Answer: Sendable {
        /// The feed: bytes of WebSocket frames; then the connection stays open or is cut.
        case feed(ByteBuffer, isCut: Bool = false, subprotocol: String? = "articles.v1")
        case http(Int, headers: [String: String] = [:], body: String = "")
        /// These bytes, whatever they are, and the end.
        case bytes(String)
        case silence
        case hangUp
    }

    typealias Script = @Sendable (Request) -> Answer

    struct State {
        var connections: [Int: any Channel] = [:]
        var requests: [Request] = []
        /// The codes of the clients' close frames, by connection.
        var closeCodes: [Int: UInt16] = [:]
        var ended: Set<Int> = []
    }

    let state = Mutex(State())
    private let script: Script
    private let listener = Mutex<(any Channel)?>(nil)

    init(_ script: @escaping Script) {
        self.script = script
    }

    /// - Parameter port: 0 for one that is free.
    /// - Returns: where it listens.
    @discardableResult
    func start(port: Int = 0) async throws -> ServerURL {
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                let number = self.state.withLock { state in
                    let number = state.connections.count + 1
                    state.connections[number] = channel
                    return number
                }
                return channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        ScriptedConnection(number: number, server: self, script: self.script))
                }
            }
            .bind(host: "127.0.0.1", port: port).get()
        listener.withLock { $0 = channel }
        return try ServerURL("http://127.0.0.1:\(channel.localAddress?.port ?? 0)")
    }

    func stop() async throws {
        try await listener.withLock { $0 }?.close()
        for channel in state.withLock({ Array($0.connections.values) }) { try? await channel.close() }
    }

    var requests: [Request] { state.withLock { $0.requests } }

    func closeCode(ofConnection number: Int) -> UInt16? { state.withLock { $0.closeCodes[number] } }

    func hasEnded(connection number: Int) -> Bool { state.withLock { $0.ended.contains(number) } }

    /// Sends bytes on a connection that is open.
    func send(_ bytes: ByteBuffer, onConnection number: Int) {
        state.withLock { $0.connections[number] }?.writeAndFlush(bytes, promise: nil)
    }

    /// How much of what was sent on a connection the client has not let in.
    func unsentBytes(ofConnection number: Int) async throws -> Int {
        guard let channel = state.withLock({ $0.connections[number] }) else { return 0 }
        return try await channel.getOption(.bufferedWritableBytes).get()
    }
}
