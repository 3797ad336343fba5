import Core
import HTTPTypes
import HummingbirdCore
import NIOCore
import NIOHTTPTypes

/// Sees a request of HTTP/2 and its answer: holds it to the limits that those of HTTP/1.1 have, and knows how much of the
/// answer has not left.
final class StreamObserver: ChannelDuplexHandler, WatchedDeadline {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let server: ConnectionSetup
    private let limits: HTTP2Limits
    private let deadline: RequestDeadline
    private let watch: DeadlineWatch
    private var context: ChannelHandlerContext?
    private var isRefused = false
    /// Bytes of the answer that the client's windows or its connection have not let out.
    private(set) var pendingBytes = 0
    private var lastProgress = NIODeadline.now()
    var indexInWatch: Int?

    /// A body is written in pieces of this size, so that one can see it go.
    private static let pieceBytes = 16 * 1024

    init(server: ConnectionSetup, limits: HTTP2Limits, deadline: RequestDeadline, watch: DeadlineWatch) {
        self.server = server
        self.limits = limits
        self.deadline = deadline
        self.watch = watch
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        watch.add(self)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        end()
    }

    func channelInactive(context: ChannelHandlerContext) {
        end()
        context.fireChannelInactive()
    }

    private func end() {
        watch.remove(self)
        context = nil
    }

    // MARK: - The request

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(var head):
            deadline.headArrived()
            do {
                try check(&head, context)
                context.fireChannelRead(wrapInboundOut(.head(head)))
            } catch {
                refuse(error, head, context)
            }
        case .body:
            if !isRefused { context.fireChannelRead(data) }
        case .end:
            deadline.requestArrived()
            if !isRefused { context.fireChannelRead(data) }
        }
    }

    private func check(_ head: inout HTTPRequest, _ context: ChannelHandlerContext) throws(ServiceError) {
        let size = head.headerFields.reduce(head.path?.utf8.count ?? 0) {
            $0 + $1.name.rawName.utf8.count + $1.value.utf8.count
        }
        guard size <= limits.headerBytes else {
            throw ServiceError(.headerTooLarge, "The request's header is too large.")
        }
        if let connection = context.channel.parent, server.open.isOverLimit(connection) {
            server.open.countRefusal()
            throw ServiceError(
                .unavailable, "The server has as many connections open as it may have.", retryAfter: 5)
        }
        if let connection = context.channel.parent, server.addresses.isOverLimit(connection) {
            server.addresses.countRefusal()
            throw ServiceError(.tooManyRequests, "This address has too many connections open.", retryAfter: 5)
        }
        // RFC 9113 section 8.3.1: they must not name two servers, and one of them must name one.
        let hosts = head.headerFields[values: .host] + [head.authority].compactMap { $0 }
        guard let host = hosts.first, hosts.allSatisfy({ $0 == host }) else {
            throw ServiceError(.badRequest, "A request must have one authority.")
        }
        head.authority = host
        head.headerFields[.host] = nil
    }

    private func refuse(_ error: ServiceError, _ request: HTTPRequest, _ context: ChannelHandlerContext) {
        isRefused = true
        let id = RequestIdentifier.of(request.headerFields[.xRequestID])
        var head = ProblemMiddleware.response(error, requestID: id).head
        let body = ByteBuffer(bytes: error.problem(requestID: id).bytes)
        head.headerFields[.xRequestID] = id
        deadline.report(
            error.code.rawValue,
            AnsweredRequest(
                method: request.method.rawValue, path: AnsweredRequest.path(request.path ?? "-"),
                status: error.code.rawValue, requestID: id,
                client: IPAddress(context.channel.remoteAddress)?.description))
        // Who is one too many must make room; others of the connection have a moment to end.
        let endsConnection = error.code == .unavailable || error.code == .tooManyRequests
        head.headerFields[.contentLength] = "\(body.readableBytes)"
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(body)), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil))).assumeIsolated().whenComplete { _ in
            // What else it sends nobody reads.
            context.close(promise: nil)
            guard endsConnection, let connection = context.channel.parent else { return }
            connection.eventLoop.scheduleTask(in: .seconds(2)) { connection.close(promise: nil) }
        }
    }

    // MARK: - The answer

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(var head):
            // Words of HTTP/1.1 (RFC 9113 section 8.2.2).
            for name in [HTTPField.Name.connection, .transferEncoding, .upgrade] { head.headerFields[name] = nil }
            watch.figures.count(Int(head.status.code))
            context.write(wrapOutboundOut(.head(head)), promise: promise)
        case .body(var bytes):
            while bytes.readableBytes > Self.pieceBytes, let piece = bytes.readSlice(length: Self.pieceBytes) {
                write(piece, context, promise: nil)
            }
            write(bytes, context, promise: promise)
        case .end:
            context.write(data, promise: promise)
        }
    }

    private func write(_ bytes: ByteBuffer, _ context: ChannelHandlerContext, promise: EventLoopPromise<Void>?) {
        let count = bytes.readableBytes
        if pendingBytes == 0 { lastProgress = context.eventLoop.now }
        pendingBytes += count
        let written = promise ?? context.eventLoop.makePromise(of: Void.self)
        let loop = context.eventLoop
        written.futureResult.assumeIsolated().whenComplete { _ in
            self.pendingBytes -= count
            self.lastProgress = loop.now
        }
        context.write(wrapOutboundOut(.body(bytes)), promise: written)
    }

    // MARK: - A client that takes nothing

    func isExpired(at now: NIODeadline) -> Bool {
        pendingBytes > 0 && lastProgress + limits.stallTimeout <= now
    }

    func expire() {
        watch.remove(self)
        watch.figures.stalledRequests += 1
        context?.close(promise: nil)
    }
}

extension HTTPField.Name {
    fileprivate static let host = HTTPField.Name("Host")!
}
