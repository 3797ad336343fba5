import NIOCore
import NIOWebSocket

/// Lets only frames pass that a server may send; the decoder does not look at what is checked here.
final class FrameValidator: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame
    typealias InboundOut = WebSocketFrame

    /// What a server must not send, and what a client then must fail the connection for (RFC 6455).
    enum Violation: Error, CustomStringConvertible {
        /// Section 5.2: no extension was agreed on that gives the bits a meaning.
        case reservedBits
        /// Section 5.2.
        case unknownOpcode
        /// Section 5.1.
        case masked

        var description: String {
            switch self {
            case .reservedBits: "a frame has reserved bits"
            case .unknownOpcode: "a frame has an unknown opcode"
            case .masked: "a frame is masked"
            }
        }
    }

    private static let opcodes: [WebSocketOpcode] = [.continuation, .text, .binary, .connectionClose, .ping, .pong]

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if let violation = Self.violation(unwrapInboundIn(data)) {
            context.fireErrorCaught(violation)
        } else {
            context.fireChannelRead(data)
        }
    }

    private static func violation(_ frame: WebSocketFrame) -> Violation? {
        if frame.rsv1 || frame.rsv2 || frame.rsv3 { return .reservedBits }
        if !opcodes.contains(frame.opcode) { return .unknownOpcode }
        return frame.maskKey == nil ? nil : .masked
    }
}
