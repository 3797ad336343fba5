import NIOCore

#if canImport(Glibc)
    import Glibc
#endif

/// Stands before a listening socket: lets in as many as there are descriptors for, and pauses when there are none, instead
/// of trying again at once and for ever.
final class AcceptGate: ChannelInboundHandler {
    typealias InboundIn = any Channel
    typealias InboundOut = any Channel

    private let connections: OpenConnections
    private var isPaused = false
    private var most: UInt = 0

    /// After how long accepting is tried again.
    private static let pause = TimeAmount.milliseconds(100)
    /// How many are accepted in one turn of the loop: after a restart everybody comes at once.
    private static let burst = 128

    init(connections: OpenConnections) {
        self.connections = connections
    }

    func channelActive(context: ChannelHandlerContext) {
        limitNextTurn(context)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let channel = unwrapInboundIn(data)
        switch connections.opened(channel) {
        case .taken: context.fireChannelRead(data)
        case .turnedAway: channel.close(promise: nil)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        limitNextTurn(context)
        context.fireChannelReadComplete()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch (error as? IOError)?.errnoCode {
        case .some(let code) where [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(code):
            pause(context, String(cString: strerror(code)))
        // A client that left before it was accepted.
        case ECONNABORTED: break
        default: context.fireErrorCaught(error)
        }
    }

    /// Accepting goes on by itself until it is paused; how many in one turn must be said before the turn.
    private func limitNextTurn(_ context: ChannelHandlerContext) {
        let room = connections.room
        guard room > 0 else { return pause(context, "as many connections as there may be") }
        let next = UInt(min(room, Self.burst))
        guard next != most else { return }
        most = next
        set(ChannelOptions.maxMessagesPerRead, next, context)
    }

    private func pause(_ context: ChannelHandlerContext, _ reason: String) {
        guard !isPaused else { return }
        isPaused = true
        connections.pausedAccepting(reason)
        set(ChannelOptions.autoRead, false, context)
        tryAgainLater(context)
    }

    private func tryAgainLater(_ context: ChannelHandlerContext) {
        context.eventLoop.assumeIsolated().scheduleTask(in: Self.pause) {
            guard context.channel.isActive, !self.connections.isStopping else { return }
            guard self.connections.room > 0 else {
                self.connections.pausedAccepting("as many connections as there may be")
                return self.tryAgainLater(context)
            }
            self.isPaused = false
            self.limitNextTurn(context)
            self.set(ChannelOptions.autoRead, true, context)
            self.watchForQuiet(context)
        }
    }

    private func watchForQuiet(_ context: ChannelHandlerContext) {
        context.eventLoop.assumeIsolated().scheduleTask(in: OpenConnections.quiet + Self.pause) {
            self.connections.acceptedWithoutPause()
        }
    }

    /// Every listening socket has these options as long as it is open, and then they do not matter.
    private func set<Option: ChannelOption>(_ option: Option, _ value: Option.Value, _ context: ChannelHandlerContext) {
        try? context.channel.syncOptions?.setOption(option, value: value)
    }
}
