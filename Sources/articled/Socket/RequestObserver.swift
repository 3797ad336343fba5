import NIOCore
import NIOHTTP1

/// Sees every request behind the decoder: tells the deadline where requests begin and end, and marks those that must be
/// the last of their connection. Answers speak the request's version.
final class RequestObserver: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private let deadline: RequestDeadline
    /// The request is older than chunked bodies, and is the last of its connection.
    private var isOldVersion = false

    init(_ deadline: RequestDeadline) {
        self.deadline = deadline
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(var head):
            deadline.headArrived()
            guard head.hasOneHost else {
                // Answered 400 like anything else that is no HTTP, and the connection ends.
                context.fireErrorCaught(HTTPParserError.invalidHeaderToken)
                return
            }
            // After an upgrade header NIO's decoder reads nothing more, and the router does not know the version.
            if head.headers.contains(name: "upgrade") || head.version != .http1_1 {
                head.headers.replaceOrAdd(name: "connection", value: "close")
            }
            if head.version == .http1_0 { isOldVersion = true }
            context.fireChannelRead(wrapInboundOut(.head(head)))
        case .body:
            context.fireChannelRead(data)
        case .end:
            deadline.requestArrived()
            context.fireChannelRead(data)
        }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard isOldVersion, case .head(var head) = unwrapOutboundIn(data) else {
            return context.write(data, promise: promise)
        }
        head.version = .http1_0
        context.write(wrapOutboundOut(.head(head)), promise: promise)
    }
}

extension HTTPRequestHead {
    /// What HTTP/1.1 demands (RFC 9112 section 3.2): with none or two, servers would not agree on whom is meant.
    var hasOneHost: Bool {
        version != .http1_1 || headers["host"].count == 1
    }
}
