import Core
import NIOCore
import WebSocketCore

/// One subscriber on its event loop: a place in the feed and a socket.
final class Subscriber {
    let query: FeedQuery
    let group: SubscriberGroup
    unowned let socket: any SubscriberSocket
    private unowned let hub: LoopHub

    var delivery = Delivery()
    /// Where it stands among the members of its group; `nil` while something is missing or its socket is busy.
    var indexInGroup: Int?
    /// What must go out before anything else, such as the handshake's answer.
    private var prologue: ByteBuffer?
    private var hasSaidHello = false
    /// It is closed once it has everything.
    private let endsWhenLive: Bool
    /// What it was let in by, if anything.
    let credential: Credential?
    private(set) var isBusy = false
    /// It is served when its turn comes, and not before.
    var isWaitingForTurn = false
    private(set) var isClosing = false
    /// With what the connection ends, if somebody has said so.
    private(set) var closeCode: UInt16?
    /// Why the next snapshot is sent, if it is not the first.
    private var resetReason: ControlMessage.ResetReason?

    /// For the watch over sockets that take nothing.
    private var pendingBytesSeen = 0
    private var lastProgress = NIODeadline.now()

    init(
        query: FeedQuery, group: SubscriberGroup, socket: any SubscriberSocket, hub: LoopHub, prologue: ByteBuffer,
        endsWhenLive: Bool = false, credential: Credential? = nil
    ) {
        self.query = query
        self.group = group
        self.socket = socket
        self.hub = hub
        self.prologue = prologue.readableBytes > 0 ? prologue : nil
        self.endsWhenLive = endsWhenLive
        self.credential = credential
    }

    var view: SubscriberView { group.view }

    /// Begins with a snapshot; `reason` says why the place asked for could not be continued.
    func startWithSnapshot(reason: ControlMessage.ResetReason?) {
        if let reason { hub.figures.countReset(reason) }
        resetReason = reason
        hub.prepareSnapshot(for: self)
    }

    /// Goes on after a place that is known to be good.
    ///
    /// - Parameter newest: the newest event of the feed.
    func resume(after seq: Int64, newest: Cursor) {
        sayHello(newest)
        delivery.start(after: seq)
        pump()
    }

    /// The snapshot that was asked for.
    func receive(_ snapshot: PreparedSnapshot) {
        guard !isClosing, delivery.phase == .preparing else { return }
        switch view.mode {
        case .plain:
            if query.last > 0 { queue(snapshot.bytes) }
        case .articlesV1:
            sayHello(snapshot.cursor)
            if let resetReason {
                queue(.reset(reason: resetReason, oldest: hub.history.oldest), at: snapshot.cursor)
            }
            if !snapshot.isEmpty { queue(snapshot.bytes) }
        }
        resetReason = nil
        delivery.start(after: snapshot.cursor.seq)
        pump()
    }

    private func sayHello(_ newest: Cursor) {
        guard view.mode == .articlesV1, !hasSaidHello else { return }
        hasSaidHello = true
        queue(
            .hello(
                node: hub.configuration.node, cursor: newest, last: query.last, pingInterval: hub.pingMilliseconds,
                server: hub.configuration.server), at: newest)
    }

    private func queue(_ message: ControlMessage, at place: Cursor) {
        queue(view.encoding.message(message, at: place))
    }

    private func queue(_ bytes: ByteBuffer) {
        guard bytes.readableBytes > 0 else { return }
        if prologue == nil {
            prologue = bytes
        } else {
            prologue?.writeImmutableBuffer(bytes)
        }
    }

    /// Sends what is missing, as far as the socket takes it; ends up following, waiting, or with a busy socket.
    func pump() {
        while !isBusy, !isClosing, !isWaitingForTurn {
            switch delivery.next(newestSeq: hub.newestSeq, ringOldestSeq: hub.ring.oldestSeq) {
            case .sendFromRing(let after):
                let chunk = hub.backlog(after: after, group: group)
                delivery.advance(to: chunk.upTo)
                hub.figures[group.transport].deliveries += chunk.events
                flush(followedBy: chunk.bytes)
                if !isBusy, delivery.seq < hub.newestSeq { hub.serveLater(self) }
            case .fetchPage:
                flush()
                hub.fetchPage(for: self)
                return
            case .announceLive:
                let place = hub.cursor(of: delivery.seq)
                if view.mode == .articlesV1 { queue(.live(cursor: place), at: place) }
                if endsWhenLive { return close(.normal, reason: "everything was sent") }
            case .follow:
                flush()
                if !isBusy, !isClosing { hub.follow(self) }
                return
            case .wait:
                flush()
                return
            }
        }
    }

    /// A page out of the store; if it does not cover this subscriber's place, what comes next is no longer kept.
    func receive(_ page: PreparedPage) {
        guard !isClosing else { return }
        delivery.pageArrived()
        guard page.covers(delivery.seq) else { return restart(.trimmed) }
        let chunk = BacklogChunk.make(
            page.entries(after: delivery.seq), after: delivery.seq, view: view,
            maxBytes: hub.configuration.maxWriteBytes, newestSeq: hub.newestSeq)
        delivery.advance(to: chunk.upTo)
        hub.figures[group.transport].deliveries += chunk.events
        flush(followedBy: chunk.bytes)
        if !isBusy { hub.serveLater(self) }
    }

    /// Its place is good in the history that has come: what it had asked for is asked for again.
    func goOn() {
        delivery.pageArrived()
        pump()
    }

    /// The store could not be read: the client is to come again.
    func readingFailed() {
        close(.tryAgainLater, reason: "the store can't be read")
    }

    /// What is missing can't be had any more: says so and begins anew, or lets a plain client begin anew.
    func restart(_ reason: ControlMessage.ResetReason) {
        switch view.mode {
        case .plain:
            hub.figures.countReset(reason)
            close(.serviceRestart, reason: "events are missing")
        case .articlesV1:
            delivery.restart()
            startWithSnapshot(reason: reason)
        }
    }

    /// Answers a ping. While the socket is busy nothing is read from the client, so that answers can't pile up.
    func reply(_ bytes: ByteBuffer) {
        queue(bytes)
        flush()
    }

    private func flush(followedBy bytes: ByteBuffer = ByteBuffer()) {
        guard !isClosing else { return }
        if bytes.readableBytes > 0 {
            if prologue == nil {
                send(bytes)
            } else {
                queue(bytes)
            }
        }
        if !isBusy, let queued = prologue {
            prologue = nil
            send(queued)
        }
    }

    private func send(_ bytes: ByteBuffer) {
        hub.figures.wrote(bytes.readableBytes, events: 0, toSockets: 1, of: group.transport)
        if !socket.write(bytes) { becameBusy() }
    }

    /// The socket has bytes that have not left: it must be left alone until they have.
    func becameBusy() {
        hub.unfollow(self)
        isBusy = true
        pendingBytesSeen = socket.pendingBytes
        lastProgress = .now()
    }

    /// Everything that was handed to the socket has left.
    func drained() {
        isBusy = false
        guard !isClosing else { return }
        flush()
        pump()
    }

    /// Whether the socket has taken nothing since a moment.
    func isStalled(since moment: NIODeadline) -> Bool {
        guard isBusy else { return false }
        let pending = socket.pendingBytes
        if pending != pendingBytesSeen {
            pendingBytesSeen = pending
            lastProgress = .now()
        }
        return lastProgress < moment
    }

    /// Says why, where the view has words for it, and closes.
    ///
    /// - Parameter retryAfter: when to come again, in milliseconds; what the configuration says if it is `nil`.
    func sayGoodbye(_ reason: ControlMessage.ByeReason, _ code: WebSocketCloseCode, retryAfter: Int? = nil) {
        guard !isClosing else { return }
        flush()
        if view.mode == .articlesV1 {
            let bye = view.encoding.message(
                .bye(reason: reason, retryAfter: retryAfter ?? hub.configuration.retryAfter), at: hub.history.newest)
            if bye.readableBytes > 0 {
                if isBusy { socket.enqueue(bye) } else { _ = socket.write(bye) }
            }
        }
        close(code, reason: reason.rawValue)
    }

    func close(_ code: WebSocketCloseCode, reason: String) {
        guard !isClosing else { return }
        isClosed(with: code)
        stop()
        socket.close(code, reason: reason)
    }

    /// Somebody, the client too, ends the connection; whoever is first says why.
    ///
    /// - Parameter code: `nil` if no reason was given.
    func isClosed(with code: WebSocketCloseCode?) {
        closeCode = closeCode ?? code?.rawValue ?? WebSocketCloseCode.withoutReason
    }

    /// The connection is ending: nothing more of the feed goes out.
    func stop() {
        guard !isClosing else { return }
        // The handshake's answer must come before the goodbye.
        flush()
        isClosing = true
        hub.unfollow(self)
    }

    /// The connection is gone.
    func ended() {
        isClosing = true
        hub.remove(self)
    }
}
