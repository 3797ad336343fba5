import Core
import NIOCore
import NIOHTTP1

/// Asks for the feed, and reads why if the server refuses.
final class FeedHandshakeHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    private static let maxBodyBytes = 64 * 1024

    private let head: HTTPRequestHead
    private let timeout: TimeAmount
    private let report: ClosureReport
    private var refusal: HTTPResponseHead?
    private var body: [UInt8] = []
    private var deadline: Scheduled<Void>?
    private var isUpgraded = false

    init(head: HTTPRequestHead, timeout: TimeAmount, report: ClosureReport) {
        self.head = head
        self.timeout = timeout
        self.report = report
    }

    func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { ask(context) }
    }

    func channelActive(context: ChannelHandlerContext) {
        ask(context)
        context.fireChannelActive()
    }

    private func ask(_ context: ChannelHandlerContext) {
        guard deadline == nil else { return }
        deadline = context.eventLoop.assumeIsolated().scheduleTask(in: timeout) {
            self.report.closed(.failed(reason: "it did not answer in time"))
            context.close(promise: nil)
        }
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        deadline?.cancel()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): refusal = head
        case .body(let bytes):
            if body.count < Self.maxBodyBytes { body += bytes.readableBytesView }
        case .end: context.close(promise: nil)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        deadline?.cancel()
        if let refusal {
            report.closed(Self.closure(refusal, body))
        } else {
            report.closed(.failed(reason: "it closed the connection"))
        }
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        report.closed(.failed(reason: ConnectionFailure.reason(error)))
        context.close(promise: nil)
    }

    private static func closure(_ head: HTTPResponseHead, _ body: [UInt8]) -> SubscriptionMachine.Closure {
        let detail = (try? JSONParser.parse(body))?["detail"]?.stringValue
        let status = Int(head.status.code)
        let reason = "\(detail ?? "the server refused the feed") (\(status) \(head.status.reasonPhrase))"
        return .refused(
            status: status, reason: reason, retryAfter: head.headers.first(name: "retry-after").flatMap { Int($0) })
    }
}
