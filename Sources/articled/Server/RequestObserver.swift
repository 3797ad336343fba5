import Core
import NIOCore
import NIOHTTP1

/// Sees every request behind the decoder: tells the deadline where requests begin and end, and marks those that must be
/// the last of their connection. Answers speak the request's version, and those that Hummingbird gives by itself say what
/// all others say.
final class RequestObserver: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private let server: ConnectionSetup
    private let deadline: RequestDeadline
    /// It was not passed on; what is said of it next is the answer to it.
    private var refused: HTTPRequestHead?
    /// The request is older than chunked bodies, and is the last of its connection.
    private var isOldVersion = false
    /// How many requests have come whose answers are not complete.
    private var unanswered = 0

    init(server: ConnectionSetup, deadline: RequestDeadline) {
        self.server = server
        self.deadline = deadline
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(var head):
            deadline.headArrived()
            unanswered += 1
            guard head.hasOneHost, head.hasKnownTransferCoding else {
                // Answered 400 like anything else that is no HTTP, and the connection ends.
                refused = head
                context.fireErrorCaught(HTTPParserError.invalidHeaderToken)
                return
            }
            // After an upgrade header NIO's decoder reads nothing more, and the router does not know the version.
            if head.headers.contains(name: "upgrade") || head.version != .http1_1 {
                head.headers.replaceOrAdd(name: "connection", value: "close")
            }
            if head.version == .http1_0 { isOldVersion = true }
            // Not between the answers to earlier requests; then the client sends the body after a while anyway.
            if head.expectsContinue, unanswered == 1 {
                let interim = HTTPResponseHead(version: .http1_1, status: .continue)
                context.writeAndFlush(wrapOutboundOut(.head(interim)), promise: nil)
            }
            context.fireChannelRead(wrapInboundOut(.head(head)))
        case .body:
            context.fireChannelRead(data)
        case .end:
            deadline.requestArrived()
            context.fireChannelRead(data)
        }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(var head):
            // The access log is told by whoever knows the request.
            deadline.count(Int(head.status.code))
            if isOldVersion { head.version = .http1_0 }
            if head.headers.contains(name: RequestIdentifier.header) {
                context.write(wrapOutboundOut(.head(head)), promise: promise)
            } else {
                writeUnreadable(head, context, promise)
            }
        case .end:
            unanswered -= 1
            context.write(data, promise: promise)
        default:
            context.write(data, promise: promise)
        }
    }

    /// Hummingbird's own answer is to what is no HTTP, and has no body: it gets what the daemon's answers have.
    private func writeUnreadable(
        _ answer: HTTPResponseHead, _ context: ChannelHandlerContext, _ promise: EventLoopPromise<Void>?
    ) {
        let id = RequestIdentifier.of(refused?.headers.first(name: RequestIdentifier.header))
        let status = Int(answer.status.code)
        if deadline.watch.accessLog.isOn {
            deadline.watch.accessLog.write(
                refused.map { server.answered($0, status, requestID: id, on: context.channel) }
                    ?? AnsweredRequest(
                        status: status, requestID: id, client: IPAddress(context.remoteAddress)?.description))
        }
        let body = ServiceError.unreadableRequest.problem(requestID: id).bytes
        var head = answer
        head.headers.add(contentsOf: [
            RequestIdentifier.header: id, "X-Content-Type-Options": "nosniff",
            "Content-Type": "application/problem+json", "Date": RawResponse.date(), "Server": Version.product,
        ])
        head.headers.replaceOrAdd(name: "Content-Length", value: "\(body.count)")
        context.write(wrapOutboundOut(.head(head)), promise: promise)
        guard refused?.method != .HEAD else { return }
        context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: body)))), promise: nil)
    }
}

extension ServiceError {
    /// What came is no HTTP.
    static let unreadableRequest = ServiceError(.badRequest, "This is not a valid HTTP request.")
}

extension HTTPRequestHead {
    /// The client waits for 100 before it sends the body (RFC 9110 section 10.1.1).
    var expectsContinue: Bool {
        version == .http1_1 && headers["expect"].contains { $0.lowercased() == "100-continue" }
    }

    /// Bodies are read as they are, or in chunks (RFC 9112 section 6.1).
    var hasKnownTransferCoding: Bool {
        headers["transfer-encoding"].allSatisfy { $0.lowercased() == "chunked" }
    }

    /// What HTTP/1.1 demands (RFC 9112 section 3.2): with none or two, servers would not agree on whom is meant.
    var hasOneHost: Bool {
        version != .http1_1 || headers["host"].count == 1
    }
}
