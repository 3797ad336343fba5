import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPTypes

/// How connections begin: the feed's own pipeline and Hummingbird's share one port.
///
/// No task lives per subscriber; what turns out to be plain HTTP is handed to ``HTTPConnections``.
struct ConnectionSetup: HTTPChannelHandler {
    let responder: HTTPChannelHandler.Responder
    let feed: FeedLog
    let handshake: FeedHandshake
    let connections: HTTPConnections
    let publisher: DirectPublisher
    let policy: AccessPolicy
    /// What this node serves; `nil` means everything.
    let role: NodeRole?
    /// If requests are traced, publications go the router's way like all others.
    let traces: Traces
    let addresses: ConnectionsByAddress
    let open: OpenConnections
    let deadlines: RequestDeadlines
    let basePath: BasePath
    let maxHeaderBytes: Int
    let idleTimeout: TimeAmount
    let drainTimeout: Live<TimeAmount>
    /// `nil` where the port speaks plain HTTP.
    let tls: TLSSetup?
    let failures: HandshakeFailures
    let logger: Logger

    /// Whether bytes may go to a connection's socket past NIO, which else encrypts them.
    var isDirect: Bool { tls == nil }

    /// Builds the pipeline of an accepted connection; on its event loop.
    func begin(_ channel: any Channel) throws {
        guard addresses.opened(channel) else { return channel.close(promise: nil) }
        let deadline = RequestDeadline(
            watch: deadlines.watch(of: channel.eventLoop), open: open, isHandshaking: tls != nil)
        let pipeline = channel.pipeline.syncOperations
        if let tls {
            try tls.begin(self, pipeline, deadline: deadline)
        } else {
            try pipeline.addHandler(deadline)
            try beginHTTP1(pipeline, deadline: deadline)
        }
    }

    /// Adds what the first request of a connection of HTTP/1.1 meets.
    func beginHTTP1(_ pipeline: ChannelPipeline.SynchronousOperations, deadline: RequestDeadline) throws {
        if role == .websocket || traces.isOn {
            // Nobody publishes here, or not past the router.
            try addDispatcher(to: pipeline, deadline: deadline)
        } else {
            try pipeline.addHandler(PublisherHandler(server: self, deadline: deadline))
        }
    }

    /// Whether a connection is one too many, of its address or in all; ``RequestDispatcher`` tells it so.
    func isOverLimit(_ channel: any Channel) -> Bool {
        open.isOverLimit(channel) || addresses.isOverLimit(channel)
    }

    /// Adds what understands every request.
    func addDispatcher(to pipeline: ChannelPipeline.SynchronousOperations, deadline: RequestDeadline) throws {
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderFieldSize = maxHeaderBytes
        limits.maxHeaderListSize = maxHeaderBytes
        let decoder = ByteToMessageHandler(
            HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes, limitConfiguration: limits))
        if isDirect { try pipeline.addHandler(TLSHelloWatch(failures: failures)) }
        try pipeline.addHandler(decoder)
        try pipeline.addHandler(RequestDispatcher(server: self, decoder: decoder, deadline: deadline))
    }

    /// What a handshake makes of its connection, if it is good and nobody has to be asked; what else there is to say of it,
    /// ``RequestDispatcher`` says.
    func subscriber(
        _ head: HTTPRequestHead, on channel: any Channel, deadline: RequestDeadline
    ) -> SubscriberHandler? {
        guard role == nil, head.hasOneHost, !isOverLimit(channel) else { return nil }
        let request = basePath.local(head)
        // It is asked for only to see through proxies.
        let peer = policy.proxies.ranges.isEmpty ? nil : IPAddress(channel.remoteAddress)
        guard case .accepted(let accepted) = handshake.decide(request, peer: peer),
            case .admitted(let principal) = policy.admission(request, ticket: accepted.ticket, peer: peer)
        else { return nil }
        return subscriber(accepted, principal, head, on: channel, deadline: deadline)
    }

    /// - Returns: `nil` if the credentials were taken back since, before the hub could hear of this subscriber.
    func subscriber(
        _ accepted: FeedHandshake.Accepted, _ principal: Principal?, _ head: HTTPRequestHead,
        on channel: any Channel, deadline: RequestDeadline
    ) -> SubscriberHandler? {
        if let credential = principal?.credential, !policy.authenticator.accounts.isValid(credential) { return nil }
        let id = RequestIdentifier.of(head.headers.first(name: RequestIdentifier.header))
        deadline.report(101, answered(head, 101, requestID: id, user: principal?.name, on: channel))
        return SubscriberHandler(
            hub: feed.hub(of: channel.eventLoop), query: accepted.query, view: accepted.view,
            prologue: accepted.response(requestID: id), credential: principal?.credential,
            isDirect: isDirect)
    }

    /// What the access log is told of a request that was answered without the router.
    func answered(
        _ head: HTTPRequestHead, _ status: Int, requestID: String, user: String? = nil, on channel: any Channel
    ) -> AnsweredRequest {
        let client = policy.proxies.client(peer: IPAddress(channel.remoteAddress)) { head.headers[$0] }
        return AnsweredRequest(
            method: head.method.rawValue, path: AnsweredRequest.path(head.uri), status: status, requestID: requestID,
            client: client.address?.description, user: user)
    }

    // Not used: connections come from ``FeedListener`` and not from Hummingbird's server.
    struct Value: ServerChildChannelValue {
        let channel: any Channel
    }

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            try begin(channel)
            return Value(channel: channel)
        }
    }

    func handle(value: Value, logger: Logger) async {}
}
