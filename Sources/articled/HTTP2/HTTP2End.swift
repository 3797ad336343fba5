import NIOCore
import NIOHTTP2

/// The last handler of an HTTP/2 connection: what the library could not settle by ending a request ends the connection,
/// and so does the client's hanging up.
final class HTTP2End: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame

    /// Why a connection was ended.
    enum Reason: String, CaseIterable, Sendable {
        /// More requests under way than `--http2-streams`.
        case streams
        /// More taken back or spoiled than `--http2-resets`.
        case resets
        /// More frames that carry nothing than `--http2-control-frames`.
        case controlFrames = "control_frames"
        /// A header far longer than `--max-header`, or in too many pieces.
        case header
        /// What came breaks the protocol.
        case invalid

        init(_ error: any Error) {
            self =
                switch error {
                case is NIOHTTP2Errors.MaxStreamsViolation: .streams
                case is NIOHTTP2Errors.ExcessiveRSTFrames, is NIOHTTP2Errors.ExcessiveStreamErrors,
                    is NIOHTTP2Errors.ExcessiveNumberOfGlitches:
                    .resets
                case is NIOHTTP2Errors.ExcessiveControlFrames, is NIOHTTP2Errors.ExcessiveEmptyDataFrames,
                    is NIOHTTP2Errors.ExcessiveOutboundFrameBuffering:
                    .controlFrames
                case is NIOHTTP2Errors.ExcessivelyLargeHeaderBlock, is NIOHTTP2Errors.ExcessiveContinuationFrames:
                    .header
                default: .invalid
                }
        }
    }

    private let connection: HTTP2Connection
    private let watch: DeadlineWatch
    private var isEnding = false

    init(_ connection: HTTP2Connection, watch: DeadlineWatch) {
        self.connection = connection
        self.watch = watch
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed = event { connection.inputClosed() }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if error is NIOHTTP2Errors.StreamError { return }
        // The first says why; others follow from it. Where it was the network there is nobody to be ended.
        if !isEnding, error is any NIOHTTP2Error { watch.figures.http2Ends[Reason(error), default: 0] += 1 }
        isEnding = true
        // In the next turn, for what was said to the client of it must leave.
        context.eventLoop.assumeIsolated().execute { context.close(promise: nil) }
    }
}
