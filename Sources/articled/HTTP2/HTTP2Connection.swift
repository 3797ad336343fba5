import NIOCore
import NIOHTTP2

/// Ends a connection on which no request comes: within the time of a request on a new one, within the idle time later, and
/// at once where the client has hung up.
///
/// The library asks idle clients to leave; this is for those who don't.
///
/// Unchecked Sendable because it is touched on the connection's event loop only.
final class HTTP2Connection: NIOHTTP2StreamDelegate, WatchedDeadline, @unchecked Sendable {
    private let channel: any Channel
    private let watch: DeadlineWatch
    private let manager: NIOHTTP2ServerConnectionManagementHandler.HTTP2StreamDelegate
    private var openStreams = 0
    private var hasServed = false
    private var isInputClosed = false
    private var due: NIODeadline?
    var indexInWatch: Int?

    /// How long a client may take to leave when it was asked to.
    private static let patience = TimeAmount.seconds(5)

    init(
        _ channel: any Channel, watch: DeadlineWatch,
        manager: NIOHTTP2ServerConnectionManagementHandler.HTTP2StreamDelegate
    ) {
        self.channel = channel
        self.watch = watch
        self.manager = manager
        due = channel.eventLoop.now + min(watch.timeout, watch.idleTimeout)
        watch.add(self)
        channel.closeFuture.assumeIsolated().whenComplete { _ in self.ended() }
    }

    private func ended() {
        watch.remove(self)
        // Whether the library asked it to leave or it was cut off: its time was over.
        guard let due, due - (hasServed ? Self.patience : .zero) <= channel.eventLoop.now else { return }
        if hasServed { watch.figures.idleCloses += 1 } else { watch.figures.cutOff += 1 }
    }

    func streamCreated(_ id: HTTP2StreamID, channel: any Channel) {
        openStreams += 1
        hasServed = true
        due = nil
        manager.streamCreated(id, channel: channel)
    }

    func streamClosed(_ id: HTTP2StreamID, channel: any Channel) {
        openStreams -= 1
        if openStreams == 0 {
            due = channel.eventLoop.now + (isInputClosed ? .zero : watch.idleTimeout) + Self.patience
        }
        manager.streamClosed(id, channel: channel)
    }

    /// The client has finished sending, so no further request comes: the connection ends with the last answer.
    func inputClosed() {
        isInputClosed = true
        guard openStreams == 0 else { return }
        // An option that every socket channel has.
        let pending = (try? channel.syncOptions?.getOption(ChannelOptions.bufferedWritableBytes)) ?? 0
        if pending == 0 { channel.close(promise: nil) } else { due = channel.eventLoop.now + Self.patience }
    }

    func isExpired(at now: NIODeadline) -> Bool {
        due.map { $0 <= now } ?? false
    }

    func expire() {
        watch.remove(self)
        channel.close(promise: nil)
    }
}
