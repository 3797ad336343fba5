import Core
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import NIOWebSocket

/// Makes one connection to the feed.
struct FeedDialler {
    let server: ServerURL
    let credential: Credential?
    let trust: ServerTrust
    let query: FeedQuery
    let eventLoop: any EventLoop

    private static let maxMessageBytes = 16 * 1024 * 1024
    private static let timeout = TimeAmount.seconds(10)

    /// Dials; the owner hears of success or failure on the event loop, exactly once, and then of the end.
    func connect(owner: SubscriptionDriver) {
        let report = ClosureReport(owner: owner, server: server, eventLoop: eventLoop)
        let bound = NIOLoopBound(report, eventLoop: eventLoop)
        ClientBootstrap(group: eventLoop)
            .connectTimeout(Self.timeout)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try self.build(channel, owner: owner, report: bound) }
            }
            .connect(host: server.host, port: server.port)
            .assumeIsolated()
            .whenFailure { report.failed($0) }
    }

    private func build(_ channel: any Channel, owner: SubscriptionDriver, report: NIOLoopBound<ClosureReport>) throws {
        if server.isSecure {
            let context = try NIOSSLContext(configuration: trust.configuration)
            // Server name indication takes names only (RFC 6066 section 3).
            try channel.pipeline.syncOperations.addHandler(
                try NIOSSLClientHandler(context: context, serverHostname: server.isAddress ? nil : server.host))
        }
        let handshake = FeedHandshakeHandler(head: requestHead, timeout: Self.timeout, report: report.value)
        let upgrader = NIOWebSocketClientUpgrader(
            requestKey: NIOWebSocketClientUpgrader.randomRequestKey(), maxFrameSize: Self.maxMessageBytes,
            automaticErrorHandling: true
        ) { channel, head in
            channel.eventLoop.makeCompletedFuture {
                // An error thrown here would reach nobody.
                guard head.headers.first(name: "sec-websocket-protocol") == "articles.v1" else {
                    report.value.closed(.failed(reason: "the server does not speak articles.v1"))
                    channel.close(promise: nil)
                    return
                }
                try channel.pipeline.syncOperations.addHandlers([
                    FrameValidator(),
                    NIOWebSocketFrameAggregator(
                        minNonFinalFragmentSize: 0, maxAccumulatedFrameCount: 1024,
                        maxAccumulatedFrameSize: Self.maxMessageBytes),
                    FeedConnectionHandler(owner: owner, report: report.value),
                ])
            }
        }
        let bound = NIOLoopBound(handshake, eventLoop: channel.eventLoop)
        try channel.pipeline.syncOperations.addHTTPClientHandlers(
            leftOverBytesStrategy: .forwardBytes,
            withClientUpgrade: (
                upgraders: [upgrader],
                completionHandler: { context in
                    context.pipeline.syncOperations.removeHandler(bound.value, promise: nil)
                }
            ))
        try channel.pipeline.syncOperations.addHandler(handshake)
    }

    private var requestHead: HTTPRequestHead {
        var headers = HTTPHeaders([
            ("Host", server.authority), ("User-Agent", UserAgent.value), ("Sec-WebSocket-Protocol", "articles.v1"),
        ])
        if let credential { headers.add(name: "Authorization", value: "Bearer \(credential.token)") }
        return HTTPRequestHead(
            version: .http1_1, method: .GET, uri: server.path + "/articles" + QueryString.encode(query.items),
            headers: headers)
    }
}

/// Tells the owner once how a connection ended, whoever notices first.
final class ClosureReport {
    private var owner: SubscriptionDriver?
    private let server: ServerURL
    private let eventLoop: any EventLoop

    init(owner: SubscriptionDriver, server: ServerURL, eventLoop: any EventLoop) {
        self.owner = owner
        self.server = server
        self.eventLoop = eventLoop
    }

    /// It ended because of an error, about which more may have to be found out.
    func failed(_ error: any Error) {
        guard ConnectionFailure.isAboutCertificate(error), let owner else {
            return closed(.failed(reason: ConnectionFailure.reason(error)))
        }
        self.owner = nil
        let server = server
        let reason = eventLoop.makePromise(of: String.self)
        reason.completeWithTask { await CertificateDiagnosis.reason(error, server) }
        reason.futureResult.assumeIsolated().whenComplete { result in
            owner.closed(.failed(reason: (try? result.get()) ?? ConnectionFailure.reason(error)))
        }
    }

    func closed(_ closure: SubscriptionMachine.Closure) {
        owner?.closed(closure)
        owner = nil
    }
}
