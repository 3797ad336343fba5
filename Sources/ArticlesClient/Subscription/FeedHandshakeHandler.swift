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
            self.reportClosure(orElse: "it did not answer in time")
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
        reportClosure(orElse: "it closed the connection")
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if refusal == nil {
            report.failed(error)
        } else {
            reportClosure(orElse: "")
        }
        context.close(promise: nil)
    }

    /// What the server said counts, however the connection then ended.
    private func reportClosure(orElse reason: String) {
        guard let refusal else { return report.closed(.failed(reason: reason)) }
        let status = Int(refusal.status.code)
        report.closed(
            .refused(
                status: status, reason: "\(explanation(refusal)) (\(status) \(refusal.status.reasonPhrase))",
                retryAfter: refusal.headers.first(name: "retry-after").flatMap { Int($0) }))
    }

    private func explanation(_ refusal: HTTPResponseHead) -> String {
        switch refusal.status.code {
        case 300..<400: return "it redirects" + (refusal.headers.first(name: "location").map { " to \($0)" } ?? "")
        case 400...: return (try? JSONParser.parse(body))?["detail"]?.stringValue ?? "the server refused the feed"
        default: return "it does not answer like an articles server"
        }
    }
}
