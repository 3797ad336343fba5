import NIOCore
import NIOHTTP1

/// Sees every request behind the decoder: tells the deadline where requests begin and end, and marks those that must be
/// the last of their connection.
final class RequestObserver: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart

    private let deadline: RequestDeadline

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
            context.fireChannelRead(wrapInboundOut(.head(head)))
        case .body:
            context.fireChannelRead(data)
        case .end:
            deadline.requestArrived()
            context.fireChannelRead(data)
        }
    }
}

extension HTTPRequestHead {
    /// What HTTP/1.1 demands (RFC 9112 section 3.2): with none or two, servers would not agree on whom is meant.
    var hasOneHost: Bool {
        version != .http1_1 || headers["host"].count == 1
    }
}
