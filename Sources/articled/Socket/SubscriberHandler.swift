import Core
import NIOCore
import WebSocketCore

/// The last handler of a subscriber's pipeline: reads the client's frames and writes what the fan-out hands over.
///
/// It writes to the descriptor itself as long as NIO holds nothing for the channel, which saves most of the cost of a
/// delivery; what the kernel does not take goes through NIO, which knows when the socket is free again.
final class SubscriberHandler: ChannelDuplexHandler, SubscriberSocket {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// The longest message that a client may send, in bytes.
    static let maxMessageBytes = 4096

    private let hub: LoopHub
    private let query: FeedQuery
    private let view: SubscriberView
    private let credential: Credential?
    private var prologue: ByteBuffer?
    private var connection: WebSocketConnection
    private var context: ChannelHandlerContext?
    private var subscriber: Subscriber?
    private let isDirect: Bool
    private(set) var descriptor: CInt = -1
    /// Writes that are inside NIO.
    private var outstanding = 0
    private var isClosing = false
    /// The client's close frame has come, or it broke the protocol: nothing more of it is read.
    private var isClientDone = false
    private var isReadHeld = false

    /// - Parameters:
    ///   - prologue: the handshake's answer, which leaves together with the first frames where possible.
    ///   - credential: what the subscriber was let in by, if anything.
    ///   - isDirect: whether bytes may go past NIO, which is to encrypt them if not.
    init(
        hub: LoopHub, query: FeedQuery, view: SubscriberView, prologue: ByteBuffer, credential: Credential?,
        isDirect: Bool
    ) {
        self.credential = credential
        self.isDirect = isDirect
        self.hub = hub
        self.query = query
        self.view = view
        connection = WebSocketConnection(
            maxMessageBytes: Self.maxMessageBytes, acceptsCompression: view.encoding == .deflatedWebSocket)
        self.prologue = prologue
    }

    // MARK: - The channel

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if isDirect { descriptor = DirectSend.descriptor(of: context) }
        guard let prologue else { return }
        self.prologue = nil
        let subscriber = hub.subscribe(query, view: view, socket: self, prologue: prologue, credential: credential)
        self.subscriber = subscriber
        hub.start(subscriber)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        end()
    }

    func channelInactive(context: ChannelHandlerContext) {
        end()
        context.fireChannelInactive()
    }

    private func end() {
        descriptor = -1
        subscriber?.ended()
        subscriber = nil
        context = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isClientDone else { return }
        connection.receive(unwrapInboundIn(data).readableBytesView)
        takeFrames()
    }

    /// While bytes wait for the client to read them, nothing is read from it.
    func read(context: ChannelHandlerContext) {
        if outstanding > 0, !isClosing {
            isReadHeld = true
        } else {
            context.read()
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case ChannelEvent.inputClosed: context.close(promise: nil)
        // Its hub says when it is its turn to go.
        case is ChannelShouldQuiesceEvent: break
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A connection that broke; there is nobody left to tell.
        context.close(promise: nil)
    }

    private func takeFrames() {
        while outstanding == 0 || isClosing, let action = connection.next() {
            switch action {
            case .text: break
            case .pong(let payload):
                if !isClosing { subscriber?.reply(WebSocketFrames.pong(payload)) }
            case .close(let code):
                isClientDone = true
                subscriber?.isClosed(with: code)
                if isClosing {
                    finish()
                } else {
                    close(frame: WebSocketFrames.close(code))
                }
            case .fail(let code, let reason):
                isClientDone = true
                subscriber?.isClosed(with: code)
                if !isClosing { close(frame: WebSocketFrames.close(code, reason: reason)) }
            }
        }
    }

    // MARK: - SubscriberSocket

    var pendingBytes: Int {
        guard let options = context?.channel.syncOptions else { return 0 }
        // An option that every socket channel has.
        return (try? options.getOption(ChannelOptions.bufferedWritableBytes)) ?? 0
    }

    func write(_ bytes: ByteBuffer) -> Bool {
        guard outstanding == 0 else {
            enqueue(bytes)
            return false
        }
        guard descriptor >= 0 else { return writeThroughNIO(bytes) }
        let sent = bytes.withUnsafeReadableBytes { DirectSend.send($0, to: descriptor) }
        guard sent < bytes.readableBytes else { return true }
        var rest = bytes
        rest.moveReaderIndex(forwardBy: max(0, sent))
        enqueue(rest)
        return false
    }

    /// Most often the kernel takes all at once; then the subscriber can stay with its group.
    private func writeThroughNIO(_ bytes: ByteBuffer) -> Bool {
        guard let context else { return false }
        outstanding += 1
        let loop = context.eventLoop
        var (isInside, isGone) = (true, false)
        context.writeAndFlush(wrapOutboundOut(bytes)).assumeIsolated().whenComplete { result in
            if isInside, case .success = result {
                self.outstanding -= 1
                isGone = true
            } else {
                loop.assumeIsolated().execute { self.written(result) }
            }
        }
        isInside = false
        return isGone
    }

    func enqueue(_ bytes: ByteBuffer) {
        guard let context else { return }
        outstanding += 1
        let loop = context.eventLoop
        context.writeAndFlush(wrapOutboundOut(bytes)).assumeIsolated().whenComplete { result in
            // Not from inside NIO's own writing, which has not settled yet.
            loop.assumeIsolated().execute { self.written(result) }
        }
    }

    private func written(_ result: Result<Void, any Error>) {
        outstanding -= 1
        guard case .success = result else {
            context?.close(promise: nil)
            return
        }
        guard outstanding == 0 else { return }
        if isClosing {
            if isClientDone { finish() }
            return
        }
        subscriber?.drained()
        takeFrames()
        if isReadHeld, outstanding == 0 {
            isReadHeld = false
            context?.read()
        }
    }

    func close(_ code: WebSocketCloseCode, reason: String) {
        close(frame: WebSocketFrames.close(code, reason: reason))
    }

    private func close(frame: ByteBuffer) {
        guard !isClosing, let context else { return }
        isClosing = true
        subscriber?.stop()
        _ = write(frame)
        // Closing both ways at once would lose the frame if the client has sent something that was not read.
        context.close(mode: .output, promise: nil)
        if isReadHeld {
            isReadHeld = false
            context.read()
        }
        context.eventLoop.assumeIsolated().scheduleTask(in: hub.configuration.closeTimeout) { self.abort() }
    }

    /// Both sides have said goodbye.
    private func finish() {
        if outstanding == 0 { context?.close(promise: nil) }
    }

    func abort() {
        context?.close(promise: nil)
    }
}
